package dev.mbank.server.observability;

import dev.mbank.server.commit.BatchObserver;
import dev.mbank.tracing.Tracing;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Traces the commits, where there is tracing. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnBean(Tracing.class)
class TracingConfiguration {

  @Bean
  BatchObserver commitTracer(Tracing tracing) {
    return new CommitTracer(tracing.tracer());
  }
}
