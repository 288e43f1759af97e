package dev.mbank.server.settings;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.unit.DataSize;

/** The least and the most that a setting may be. Its values are told as an operator writes them. */
public final class SettingRange {
  private static final Map<Long, String> TIMES =
      Map.of(86_400_000L, "d", 3_600_000L, "h", 60_000L, "m", 1000L, "s", 1L, "ms");
  private static final Map<Long, String> SIZES =
      Map.of(1L << 40, "TB", 1L << 30, "GB", 1L << 20, "MB", 1L << 10, "KB", 1L, "B");

  private SettingRange() {}

  /** Of a number. */
  public static void require(String name, long value, long least, long most) {
    require(name, value, least, most, String::valueOf);
  }

  /** Of a time, between two such as {@code 100ms}. */
  public static void require(String name, Duration value, String least, String most) {
    require(name, millis(value), time(least), time(most), time -> inUnits(time, TIMES));
  }

  /** Of a size, between two such as {@code 64KB}. */
  public static void require(String name, DataSize value, String least, String most) {
    require(name, value.toBytes(), size(least), size(most), size -> inUnits(size, SIZES));
  }

  private static void require(
      String name, long value, long least, long most, Function<Long, String> shown) {
    if (value < least || value > most) {
      throw new SettingException(
          name, shown.apply(value), shown.apply(least) + " to " + shown.apply(most));
    }
  }

  /** As many as there are, or as fit. */
  private static long millis(Duration value) {
    try {
      return value.toMillis();
    } catch (ArithmeticException e) {
      return value.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }

  private static long time(String text) {
    return DurationStyle.SIMPLE.parse(text).toMillis();
  }

  private static long size(String text) {
    return DataSize.parse(text).toBytes();
  }

  /** In the largest unit of which it is a whole number. */
  private static String inUnits(long value, Map<Long, String> units) {
    if (value == 0) {
      return "0" + (units == TIMES ? "s" : "B");
    }
    return new TreeMap<>(units)
        .descendingMap().entrySet().stream()
            .filter(unit -> value % unit.getKey() == 0)
            .findFirst()
            .map(unit -> value / unit.getKey() + unit.getValue())
            .orElseThrow();
  }
}
