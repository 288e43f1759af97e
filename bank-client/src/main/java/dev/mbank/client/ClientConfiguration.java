package dev.mbank.client;

import dev.mbank.tls.ReloadingTls;
import dev.mbank.tracing.Tracing;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import net.devh.boot.grpc.client.channelfactory.GrpcChannelConfigurer;
import net.devh.boot.grpc.client.channelfactory.GrpcChannelFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Puts the client together. The only class that knows the gRPC starter: it makes the channel and
 * its TLS from {@code grpc.client.bank.*}, and closes it at the end.
 */
@Configuration(proxyBeanMethods = false)
class ClientConfiguration {

  @Bean
  Channel bankChannel(GrpcChannelFactory channels) {
    return channels.createChannel("bank");
  }

  /** Runs last of what sets up a channel, and so wins over the starter's own context. */
  @Bean
  GrpcChannelConfigurer tlsOf(ObjectProvider<ReloadingTls> tls) {
    return (builder, name) ->
        tls.ifAvailable(
            reloading -> ((NettyChannelBuilder) builder).sslContext(reloading.context()));
  }

  @Bean
  FirstContact firstContact(Channel bankChannel, ClientSettings settings) {
    return new FirstContact(bankChannel, settings);
  }

  @Bean
  BankClient bankClient(
      Channel bankChannel, ClientSettings settings, ObjectProvider<Tracing> tracing) {
    Retries retries = new Retries(settings.callTimeout());
    Tracing traced = tracing.getIfAvailable();
    if (traced == null) {
      return new BankClient(bankChannel, retries);
    }
    CallTracer tracer = new CallTracer(traced);
    return new BankClient(ClientInterceptors.intercept(bankChannel, tracer), retries, tracer);
  }

  @Bean
  Demo demo(FirstContact firstContact, BankClient bankClient) {
    return new Demo(firstContact, bankClient, System.out);
  }
}
