package dev.mbank.server.commit;

import java.time.Clock;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Starts the writer with the server, and closes it after the gRPC server and before the store. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CommitSettings.class)
class CommitConfiguration {

  @Bean(initMethod = "start", destroyMethod = "close")
  GroupCommitWriter groupCommitWriter(
      LedgerStore store,
      CommitSettings settings,
      List<AvailabilityListener> listeners,
      ObjectProvider<BatchObserver> observer) {
    return new GroupCommitWriter(
        store, Clock.systemUTC(), settings, listeners, observer.getIfAvailable());
  }
}
