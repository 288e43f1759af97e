package dev.mbank.server.security;

import java.util.Map;
import java.util.Set;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Makes the policy from the settings. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AccessSettings.class)
class SecurityConfiguration {

  /** Without TLS nobody proves anything, so there is one caller, and it may do everything. */
  @Bean
  AccessPolicy accessPolicy(AccessSettings settings, Environment environment) {
    boolean tls = environment.getRequiredProperty("grpc.server.security.enabled", Boolean.class);
    return new AccessPolicy(tls ? settings.toMap() : Map.of(Peer.ANONYMOUS, Set.of(Role.TELLER)));
  }
}
