package dev.mbank.benchmarks;

import dev.mbank.tls.fixtures.TestCertificates;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.nio.file.Path;
import javax.net.ssl.SSLException;

/** Mutual TLS 1.3, the same for all that is compared. */
final class Tls {
  private static final String PROTOCOL = "TLSv1.3";

  private Tls() {}

  /** Makes a CA, a server's and a client's certificate, with the names that people's own have. */
  static void makeFiles(Path folder) {
    Issued ca = TestCertificates.authority("CA").selfSigned();
    ca.writeTo(folder, "ca");
    TestCertificates.server().issuedBy(ca).writeTo(folder, "server");
    TestCertificates.client("spiffe://mbank.local/client").issuedBy(ca).writeTo(folder, "client");
  }

  static SslContext server(Path folder) throws SSLException {
    return GrpcSslContexts.forServer(
            folder.resolve("server.crt").toFile(), folder.resolve("server.key").toFile())
        .trustManager(folder.resolve("ca.crt").toFile())
        .clientAuth(ClientAuth.REQUIRE)
        .protocols(PROTOCOL)
        .build();
  }

  static SslContext client(Path folder) throws SSLException {
    return GrpcSslContexts.forClient()
        .keyManager(folder.resolve("client.crt").toFile(), folder.resolve("client.key").toFile())
        .trustManager(folder.resolve("ca.crt").toFile())
        .protocols(PROTOCOL)
        .build();
  }
}
