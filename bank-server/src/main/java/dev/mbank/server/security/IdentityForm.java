package dev.mbank.server.security;

import java.util.regex.Pattern;

/** What identities look like, in certificates and in the policy. */
final class IdentityForm {
  /** What the identity of a certificate without a URI begins with; its one DNS name follows. */
  static final String DNS = "dns:";

  static final String SPIFFE = "spiffe://";

  /** As SPIFFE limits its ids. */
  static final int MAX_LENGTH = 2048;

  private static final String DOMAIN = SPIFFE + "[a-z0-9._-]{1,255}";
  private static final String PATH = "(?!.*/\\.{0,2}(?:/|$))/[A-Za-z0-9._/-]+";
  private static final Pattern SPIFFE_ID = Pattern.compile(DOMAIN + PATH);
  private static final Pattern SPIFFE_PATH = Pattern.compile(DOMAIN + "(?:" + PATH + ")?");
  private static final Pattern OTHER_URI =
      Pattern.compile("(?!(?i:spiffe):)[a-z][a-z0-9+.-]*://[!-~&&[^*#\"<>\\\\^`{|}]]+");
  private static final String LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
  private static final Pattern DNS_NAME =
      Pattern.compile("(?=.{1,253}$)" + LABEL + "(?:\\." + LABEL + ")*+");

  private IdentityForm() {}

  /** An id of SPIFFE: no empty segments, no dots for segments, nothing encoded, no trailing /. */
  static boolean isSpiffeId(String name) {
    return name.length() <= MAX_LENGTH && SPIFFE_ID.matcher(name).matches();
  }

  /** What may stand before /* in the policy: a trust domain, with or without a path. */
  static boolean isSpiffePath(String name) {
    return name.length() <= MAX_LENGTH && SPIFFE_PATH.matcher(name).matches();
  }

  /** An id of SPIFFE, or a URI of another scheme that has an authority. */
  static boolean isUri(String name) {
    return name.length() <= MAX_LENGTH
        && (SPIFFE_ID.matcher(name).matches() || OTHER_URI.matcher(name).matches());
  }

  /** A DNS name in lower case, without a wildcard. */
  static boolean isDnsName(String name) {
    return DNS_NAME.matcher(name).matches();
  }
}
