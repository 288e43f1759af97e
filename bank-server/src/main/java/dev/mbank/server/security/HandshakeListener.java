package dev.mbank.server.security;

import dev.mbank.tls.RefusalReason;

/**
 * Hears how each connection began, and of a bad end. Called from the transport's threads: must not
 * block.
 */
public interface HandshakeListener {

  /** TLS and HTTP/2 are agreed on. */
  void accepted();

  /** It came to nothing. */
  void refused(RefusalReason reason);

  /** It began well, and was closed for what it did then. */
  void cutOff(Connections.CutOff why);
}
