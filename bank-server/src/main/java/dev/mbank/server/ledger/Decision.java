package dev.mbank.server.ledger;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What became of a command. Final: the same request gets the same decision for ever. */
public sealed interface Decision {

  /** The command was done. */
  record Posted(Transaction transaction) implements Decision {}

  /**
   * The command was refused and changed nothing.
   *
   * @param details what the caller may know of the reason; keys are listed at each {@link Refusal}
   */
  record Refused(Refusal refusal, Map<String, String> details) implements Decision {
    public Refused {
      details = Collections.unmodifiableSortedMap(new TreeMap<>(details));
    }
  }
}
