package dev.mbank.server.security;

import dev.mbank.server.settings.SettingException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The policy as an operator writes it, one grant a line: an identity, then its roles, separated by
 * commas. A {@code #} at the start of a line or after a space begins a comment.
 */
final class PolicyText {
  private static final String IDENTITIES =
      "an identity: spiffe://DOMAIN/PATH, spiffe://DOMAIN/PATH/* for all below it,"
          + " another URI, or dns:NAME in lower case";
  private static final String ROLES =
      Arrays.stream(Role.values()).map(PolicyText::lower).collect(Collectors.joining(", "));

  private final String file;
  private final Map<String, Grant> grants = new LinkedHashMap<>();
  private final Map<String, Integer> lines = new LinkedHashMap<>();

  private PolicyText(String file) {
    this.file = file;
  }

  /**
   * Reads a policy.
   *
   * @param file what to call it in an error
   * @throws SettingException at the first line that is wrong
   */
  static AccessPolicy parse(String file, String text) {
    PolicyText policy = new PolicyText(file);
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).replaceFirst("(?:^|\\s)#.*", "").strip();
      if (!line.isEmpty()) {
        policy.grant(i + 1, line);
      }
    }
    if (policy.grants.isEmpty()) {
      throw new SettingException(
          PolicyInForce.VARIABLE,
          file + ": no grants",
          "at least one line such as: spiffe://mbank.local/client teller");
    }
    return new AccessPolicy(policy.grants.values());
  }

  private void grant(int number, String line) {
    String[] parts = line.split("\\s+", 2);
    String identity = parts[0];
    if (!isIdentity(identity)) {
      throw fault(number, identity, IDENTITIES);
    }
    if (IdentityForm.isAlmostSpiffe(identity)) {
      throw fault(number, identity, "spiffe://, of which this scheme is a slip");
    }
    Integer earlier = lines.putIfAbsent(identity, number);
    if (earlier != null) {
      throw fault(number, identity, "one that is not granted to on line " + earlier);
    }
    if (parts.length == 1) {
      throw fault(number, identity + " without roles", "one or more of " + ROLES);
    }
    grants.put(identity, Grant.of(identity, roles(number, parts[1])));
  }

  private Set<Role> roles(int number, String words) {
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String word : words.split(",", -1)) {
      String name = word.strip();
      roles.add(
          Arrays.stream(Role.values())
              .filter(role -> lower(role).equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      fault(
                          number,
                          name.isEmpty() ? words : name,
                          "roles of " + ROLES + ", separated by commas")));
    }
    if (roles.contains(Role.AUDITOR)
        && (roles.contains(Role.TELLER) || roles.contains(Role.CUSTOMER))) {
      throw fault(number, words, "auditor, which writes nothing, or roles that write, not both");
    }
    return roles;
  }

  private static boolean isIdentity(String word) {
    if (word.startsWith(IdentityForm.DNS)) {
      return IdentityForm.isDnsName(word.substring(IdentityForm.DNS.length()));
    }
    return word.endsWith("/*")
        ? IdentityForm.isSpiffePath(word.substring(0, word.length() - 2))
        : IdentityForm.isUri(word);
  }

  private SettingException fault(int number, String value, String expected) {
    return new SettingException(
        PolicyInForce.VARIABLE, file + " line " + number + ": " + value, expected);
  }

  private static String lower(Role role) {
    return role.name().toLowerCase(Locale.ROOT);
  }
}
