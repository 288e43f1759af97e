package dev.mbank.server.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Base64;
import java.util.List;

/**
 * Where a listing goes on: what it lists, so that a token serves no other request, and numbers.
 * Opaque to callers but no secret: permission is asked for anew on every page.
 */
final class PageToken {
  private static final String SEPARATOR = " ";

  private PageToken() {}

  /**
   * Makes a token.
   *
   * @param of names the listing and has no blank space in it
   * @param numbers from 0 on, none less than the one before
   */
  static String encode(String of, long... numbers) {
    StringBuilder plain = new StringBuilder(of);
    for (long number : numbers) {
      plain.append(SEPARATOR).append(number);
    }
    return Base64.getUrlEncoder().withoutPadding().encodeToString(plain.toString().getBytes(UTF_8));
  }

  /**
   * Reads the numbers of a token.
   *
   * @throws InvalidFieldException if {@link #encode} makes no such token of this listing
   */
  static long[] decode(String token, String of, int count) {
    try {
      String plain = new String(Base64.getUrlDecoder().decode(token), UTF_8);
      List<String> parts = List.of(plain.split(SEPARATOR, -1));
      if (parts.size() == count + 1 && parts.get(0).equals(of)) {
        long[] numbers = parts.stream().skip(1).mapToLong(Long::parseLong).toArray();
        if (ascends(numbers) && encode(of, numbers).equals(token)) {
          return numbers;
        }
      }
    } catch (IllegalArgumentException e) {
      // Not one of ours: told below.
    }
    throw new InvalidFieldException(
        "page_token", token, "the next_page_token of the same request's page before");
  }

  private static boolean ascends(long[] numbers) {
    long before = 0;
    for (long number : numbers) {
      if (number < before) {
        return false;
      }
      before = number;
    }
    return true;
  }
}
