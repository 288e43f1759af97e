package dev.mbank.tls;

/** Which end of a connection a certificate is for. */
public enum PeerKind {
  CLIENT("clientAuth", "1.3.6.1.5.5.7.3.2"),
  SERVER("serverAuth", "1.3.6.1.5.5.7.3.1");

  /** The extended key usage that it must have (RFC 5280, section 4.2.1.12), and its OID. */
  final String purpose;

  final String purposeOid;

  PeerKind(String purpose, String purposeOid) {
    this.purpose = purpose;
    this.purposeOid = purposeOid;
  }
}
