package dev.mbank.server.store;

import static dev.mbank.server.commit.Commands.deposit;
import static dev.mbank.server.commit.Commands.open;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.commit.ReplayedLedger;
import dev.mbank.server.ledger.AccountId;
import dev.mbank.server.ledger.Command;
import dev.mbank.server.ledger.Outcome;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a reader read before a fail-over comes too late after it. */
class TailTest {
  private static final AccountId A = new AccountId("a");

  private final Tail tail = new Tail();
  private final ReplayedLedger ledger = new ReplayedLedger();
  private final List<Outcome> journal =
      Stream.of(open("a"), deposit("a", 5), deposit("a", 7)).map(this::decide).toList();

  @Test
  void extend_readBeforeItWasMadeAnew_isNotTakenIn() {
    tail.replace(Position.START, journal.subList(0, 2));
    long before = tail.incarnation();
    tail.replace(Position.START, journal.subList(0, 2));

    tail.extend(before, tail.end(), journal.subList(2, 3));
    assertThat(tail.end().sequence()).isEqualTo(2);
    assertThat(tail.balance(A)).isEqualTo(5);

    tail.extend(tail.incarnation(), tail.end(), journal.subList(2, 3));
    assertThat(tail.balance(A)).isEqualTo(12);
  }

  @Test
  void indexed_readBeforeItWasMadeAnew_dropsNothing() {
    tail.replace(Position.START, journal);
    long before = tail.incarnation();
    tail.replace(Position.START, journal.subList(0, 2));

    tail.indexed(before, new Position(3, 0));
    assertThat(tail.end().sequence()).isEqualTo(2);
    assertThat(tail.size()).isEqualTo(2);

    tail.indexed(tail.incarnation(), new Position(1, 0));
    assertThat(tail.size()).isEqualTo(1);
  }

  private Outcome decide(Command command) {
    return new Outcome(command, ledger.decide(command, TestLedger.NOON));
  }
}
