package dev.mbank.server.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

class AccountIdPropertyTest {

  @Property
  void matches_anyText_saysWhatThePatternSays(@ForAll("texts") String text) {
    assertThat(AccountId.matches(text)).isEqualTo(text.matches(AccountId.PATTERN));
  }

  /** Near to what an id is: of its characters and their neighbours, around its greatest length. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<Character> ids = Arbitraries.chars().with("abz019-");
    Arbitrary<Character> others = Arbitraries.chars().with("`{/:A.\n\u0661\uff41");
    return Arbitraries.oneOf(
        ids.list().ofMinSize(61).ofMaxSize(65).map(AccountIdPropertyTest::text),
        Arbitraries.frequencyOf(Tuple.of(9, ids), Tuple.of(1, others))
            .list()
            .ofMaxSize(10)
            .map(AccountIdPropertyTest::text));
  }

  private static String text(Iterable<Character> characters) {
    StringBuilder text = new StringBuilder();
    characters.forEach(text::append);
    return text.toString();
  }
}
