package dev.mbank.server.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ClassPathResource;

/** Reads the policy: the operator's, or the one that is shipped. */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {
  private static final String SHIPPED = "shipped-policy.txt";

  @Bean
  PolicyInForce policyInForce(Environment environment) throws IOException {
    if (!environment.getRequiredProperty("grpc.server.security.enabled", Boolean.class)) {
      return PolicyInForce.withoutTls();
    }
    String file = environment.getProperty("mbank.access.policy-file", "").strip();
    if (!file.isEmpty()) {
      PolicyInForce policy = PolicyInForce.of(file);
      policy.watch(TlsInitializer.reloadInterval(environment));
      return policy;
    }
    return PolicyInForce.fixed(
        PolicyText.parse(SHIPPED, new ClassPathResource(SHIPPED).getContentAsString(UTF_8)));
  }
}
