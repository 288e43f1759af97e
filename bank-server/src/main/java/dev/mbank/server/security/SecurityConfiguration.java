package dev.mbank.server.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ClassPathResource;

/** Reads the policy: the operator's, or the one that is shipped. */
@Configuration(proxyBeanMethods = false)
class SecurityConfiguration {
  private static final Logger log = LoggerFactory.getLogger(SecurityConfiguration.class);
  private static final String SHIPPED = "shipped-policy.txt";

  /** Before any other bean: a policy that is wrong leaves no journal behind. */
  @Bean
  static BeanFactoryPostProcessor policyFirst() {
    return beans -> log.info("Policy in force: {}", beans.getBean(PolicyInForce.class));
  }

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
        SHIPPED,
        PolicyText.parse(SHIPPED, new ClassPathResource(SHIPPED).getContentAsString(UTF_8)));
  }
}
