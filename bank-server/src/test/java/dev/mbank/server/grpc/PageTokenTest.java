package dev.mbank.server.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageTokenTest {

  @Test
  void decode_whatEncodeMade_isTheNumbers() {
    long[] numbers = {0, 7, 7, Long.MAX_VALUE};

    String token = PageToken.encode("statement/a/null/null", numbers);

    assertThat(token).matches("[A-Za-z0-9_-]+");
    assertThat(PageToken.decode(token, "statement/a/null/null", 4)).isEqualTo(numbers);
  }

  @Test
  void decode_otherListingOrCount_refused() {
    String token = PageToken.encode("accounts", 1, 2);

    assertRefused(token, "statement", 2);
    assertRefused(token, "accounts", 1);
    assertRefused(token, "accounts", 3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "accounts",
        "accounts ",
        "accounts -1",
        "accounts +1",
        "accounts 01",
        "accounts 1 ",
        "accounts  1",
        "accounts 1.0",
        "accounts \u0661",
        "accounts 9223372036854775808",
        "Accounts 1"
      })
  void decode_contentThatEncodeNeverMakes_refused(String plain) {
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(UTF_8));

    assertRefused(token, "accounts", 1);
  }

  @Test
  void decode_numbersThatDescend_refused() {
    assertRefused(PageToken.encode("accounts", 2, 1), "accounts", 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "=", "YWNjb3VudHMgMQ==", "YWNjb3VudHMgMR", "YWNjb3VudHMgM", "a+b/"})
  void decode_otherSpelling_refused(String token) {
    // The first of base64's spellings is the token itself, with padding, then with stray bits.
    assertThat(PageToken.encode("accounts", 1)).isEqualTo("YWNjb3VudHMgMQ");
    assertRefused(token, "accounts", 1);
  }

  private static void assertRefused(String token, String of, int count) {
    assertThatThrownBy(() -> PageToken.decode(token, of, count))
        .isInstanceOfSatisfying(
            InvalidFieldException.class, e -> assertThat(e.field()).isEqualTo("page_token"));
  }
}
