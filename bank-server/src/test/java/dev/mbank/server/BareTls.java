package dev.mbank.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.tls.fixtures.TestCertificates.Issued;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * A client that speaks TLS and no more. It shows the alert with which a server refuses it, and it
 * sends its certificate whatever issuers the server asks for: a Netty client that finds none of its
 * own among them sends none, and then the alert is certificate_required, whatever a test meant.
 *
 * @param ca whom it trusts
 * @param own its certificate; null for none
 * @param protocol the only version of TLS that it speaks
 * @param alpn the protocols on top of it that it offers
 */
record BareTls(int port, Issued ca, Issued own, String protocol, List<String> alpn) {
  private static final String ALERT = "Received fatal alert: ";
  private static final int TIMEOUT_MILLIS = 15_000;

  /** With TLS 1.3 and HTTP/2. */
  static BareTls of(int port, Issued ca, Issued own) {
    return new BareTls(port, ca, own, "TLSv1.3", List.of("h2"));
  }

  BareTls protocol(String only) {
    return new BareTls(port, ca, own, only, alpn);
  }

  BareTls alpn(String... offered) {
    return new BareTls(port, ca, own, protocol, List.of(offered));
  }

  /**
   * Shakes hands and waits for the first byte of HTTP/2. In TLS 1.3 the server judges the client's
   * certificate after the client has done its part: the alert comes in that byte's place.
   *
   * @return still open
   */
  SSLSocket handshake() throws IOException {
    SSLSocket socket = connect();
    try {
      socket.startHandshake();
      assertThat(socket.getInputStream().read()).as("HTTP/2 settings").isNotNegative();
      return socket;
    } catch (IOException | RuntimeException | AssertionError e) {
      socket.close();
      throw e;
    }
  }

  /** The alert with which the server refuses, or "closed" if it hangs up without one. */
  String refusal() throws IOException {
    try (SSLSocket socket = connect()) {
      socket.startHandshake();
      assertThat(socket.getInputStream().read()).as("HTTP/2 settings").isNegative();
      return "closed";
    } catch (SSLException e) {
      assertThat(e).hasMessageContaining(ALERT);
      return e.getMessage().replaceAll(".*" + ALERT, "");
    }
  }

  /** Before the handshake. */
  SSLSocket connect() throws IOException {
    InetAddress address = InetAddress.getLoopbackAddress();
    SSLSocket socket = (SSLSocket) context().getSocketFactory().createSocket(address, port);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {protocol});
    parameters.setApplicationProtocols(alpn.toArray(String[]::new));
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    return socket;
  }

  private SSLContext context() throws IOException {
    try {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      trusted.setCertificateEntry("ca", ca.certificate());
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      KeyManager[] keys = own == null ? null : new KeyManager[] {new WhateverTheHints(own)};
      context.init(keys, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class WhateverTheHints extends X509ExtendedKeyManager {
    private final Issued own;

    WhateverTheHints(Issued own) {
      this.own = own;
    }

    @Override
    public String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
      return "own";
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return own.chain();
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return own.key();
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
      return new String[] {"own"};
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
      return new String[0];
    }

    @Override
    public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
      return null;
    }
  }
}
