package dev.mbank.server.ledger;

import static dev.mbank.server.ledger.Commands.BHD;
import static dev.mbank.server.ledger.Commands.CLIENT;
import static dev.mbank.server.ledger.Commands.EUR;
import static dev.mbank.server.ledger.Commands.JPY;
import static dev.mbank.server.ledger.Commands.STRANGER;
import static dev.mbank.server.ledger.Commands.id;
import static dev.mbank.server.ledger.Commands.key;

import dev.mbank.server.ledger.Command.CreateAccount;
import dev.mbank.server.ledger.Command.Deposit;
import dev.mbank.server.ledger.Command.Transfer;
import dev.mbank.server.ledger.Command.Withdraw;
import java.util.ArrayList;
import java.util.Currency;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import net.jqwik.api.domains.DomainContextBase;

/**
 * Random histories: what clients ask of a bank, one command after the other. There are so few
 * accounts, currencies and request ids that every refusal is common, and one step in eight repeats
 * an earlier command.
 */
final class Histories extends DomainContextBase {
  private static final String NEVER_OPENED = "zoe";
  private static final int LONGEST = 80;

  /** A command, or the repeat of an earlier one. */
  private record Step(Command command, int dice, int earlier) {
    boolean repeats() {
      return dice == 0;
    }
  }

  @Provide
  Arbitrary<List<Command>> histories() {
    Arbitrary<Step> step =
        Combinators.combine(
                commands(),
                Arbitraries.integers().between(0, 7).withoutEdgeCases(),
                Arbitraries.integers().between(0, LONGEST).withoutEdgeCases())
            .as(Step::new);
    // Uniform: jqwik's own choice is short lists, in which money hardly moves.
    Arbitrary<List<Step>> steps =
        step.list().ofMaxSize(LONGEST).withSizeDistribution(RandomDistribution.uniform());
    return Combinators.combine(openings().list().ofMaxSize(4), steps).as(Histories::history);
  }

  private static List<Command> history(List<Command> openings, List<Step> steps) {
    List<Command> history = new ArrayList<>(openings);
    for (Step step : steps) {
      boolean repeat = step.repeats() && !history.isEmpty();
      history.add(repeat ? history.get(step.earlier() % history.size()) : step.command());
    }
    return history;
  }

  private static Arbitrary<Command> commands() {
    return Arbitraries.frequencyOf(
        Tuple.of(1, openings()),
        Tuple.of(4, deposits()),
        Tuple.of(2, withdrawals()),
        Tuple.of(3, transfers()));
  }

  private static Arbitrary<Command> openings() {
    Arbitrary<String> names = Arbitraries.of("", "Savings");
    return Combinators.combine(keys(), accounts(), currencies(), names).as(CreateAccount::new);
  }

  private static Arbitrary<Command> deposits() {
    return Combinators.combine(keys(), payees(), amounts(), descriptions()).as(Deposit::new);
  }

  private static Arbitrary<Command> withdrawals() {
    return Combinators.combine(keys(), payees(), amounts(), descriptions()).as(Withdraw::new);
  }

  private static Arbitrary<Command> transfers() {
    return Combinators.combine(keys(), payees(), payees(), amounts(), descriptions())
        .filter((key, source, destination, amount, description) -> !source.equals(destination))
        .as(Transfer::new);
  }

  private static Arbitrary<RequestKey> keys() {
    Arbitrary<Identity> identities = Arbitraries.of(CLIENT, STRANGER);
    Arbitrary<Integer> requests = Arbitraries.integers().between(1, 200).withoutEdgeCases();
    return Combinators.combine(identities, requests).as((identity, n) -> key(identity, n));
  }

  private static Arbitrary<AccountId> accounts() {
    return Arbitraries.of(id("alice"), id("bob"), id("carol"), id("dave"));
  }

  private static Arbitrary<AccountId> payees() {
    return Arbitraries.frequencyOf(
        Tuple.of(16, accounts()), Tuple.of(1, Arbitraries.just(id(NEVER_OPENED))));
  }

  private static Arbitrary<Currency> currencies() {
    return Arbitraries.frequency(Tuple.of(16, EUR), Tuple.of(1, JPY), Tuple.of(1, BHD));
  }

  private static Arbitrary<Money> amounts() {
    Arbitrary<Long> minorUnits =
        Arbitraries.frequencyOf(
            Tuple.of(20, Arbitraries.longs().between(1, 100)),
            Tuple.of(3, Arbitraries.longs().between(Long.MAX_VALUE - 100, Long.MAX_VALUE)),
            Tuple.of(1, Arbitraries.longs().between(1, Long.MAX_VALUE)));
    return Combinators.combine(currencies(), minorUnits).as(Money::new);
  }

  private static Arbitrary<String> descriptions() {
    return Arbitraries.of("", "rent");
  }
}
