package dev.mbank.server.store;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Many rows as one parameter of a statement: a JSON array of arrays, which {@code json_each} turns
 * back into rows. So a batch costs one statement for each table, however large it is.
 */
final class JsonRows {
  private static final JsonMapper MAPPER = JsonMapper.shared();

  private final List<@Nullable Object[]> rows = new ArrayList<>();

  /** Adds a row of strings, integers and nulls. */
  void add(@Nullable Object... columns) {
    rows.add(columns);
  }

  boolean isEmpty() {
    return rows.isEmpty();
  }

  @Override
  public String toString() {
    return MAPPER.writeValueAsString(rows);
  }
}
