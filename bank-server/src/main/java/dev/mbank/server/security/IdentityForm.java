package dev.mbank.server.security;

import java.util.regex.Pattern;
import java.util.stream.IntStream;

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

  /** Another scheme, within two slips of the pen of SPIFFE's: nobody has such, and means it. */
  static boolean isAlmostSpiffe(String uri) {
    int end = uri.indexOf("://");
    return end >= 0 && !uri.startsWith(SPIFFE) && slips(uri.substring(0, end), "spiffe") <= 2;
  }

  /** Letters to insert, leave out or change, to make one of the other (Levenshtein). */
  private static int slips(String from, String to) {
    int[] above = IntStream.rangeClosed(0, to.length()).toArray();
    for (int i = 1; i <= from.length(); i++) {
      int[] row = new int[above.length];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int change = above[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, Math.min(above[j], row[j - 1]) + 1);
      }
      above = row;
    }
    return above[to.length()];
  }

  /** A DNS name in lower case, without a wildcard. */
  static boolean isDnsName(String name) {
    return DNS_NAME.matcher(name).matches();
  }
}
