package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.ledger.Identity;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** The policy finds the grant that a reader finds who compares segment by segment. */
class PolicyPrefixPropertyTest {

  @Property(tries = 2000)
  void grantOf_anyPolicyAndIdentity_isTheNaiveReaders(
      @ForAll("policies") Set<String> grants, @ForAll("names") String identity) {
    String text = grants.stream().map(grant -> grant + " teller\n").collect(Collectors.joining());

    assertThat(PolicyText.parse("policy", text).grantOf(new Identity(identity)))
        .isEqualTo(naive(grants, identity));
  }

  private static @Nullable String naive(Set<String> grants, String identity) {
    if (grants.contains(identity)) {
      return identity;
    }
    List<String> segments = List.of(identity.split("/", -1));
    if (segments.subList(3, segments.size()).stream().anyMatch(Set.of("", ".", "..")::contains)) {
      return null;
    }
    for (int length = segments.size() - 1; length >= 3; length--) {
      String candidate = String.join("/", segments.subList(0, length)) + "/*";
      if (grants.contains(candidate)) {
        return candidate;
      }
    }
    return null;
  }

  /** Few different segments, so that much of it collides. */
  @Provide
  Arbitrary<String> names() {
    return path(Arbitraries.of("a", "ab", "b", ".", "..", ""), 1);
  }

  @Provide
  Arbitrary<Set<String>> policies() {
    Arbitrary<String> segment = Arbitraries.of("a", "ab", "b");
    return Arbitraries.oneOf(path(segment, 1), path(segment, 0).map(path -> path + "/*"))
        .set()
        .ofMinSize(1)
        .ofMaxSize(12);
  }

  private static Arbitrary<String> path(Arbitrary<String> segment, int min) {
    return Arbitraries.of("spiffe://d", "spiffe://e")
        .flatMap(
            domain ->
                segment
                    .list()
                    .ofMinSize(min)
                    .ofMaxSize(4)
                    .map(
                        segments ->
                            domain
                                + segments.stream()
                                    .map("/"::concat)
                                    .collect(Collectors.joining())));
  }
}
