package dev.mbank.server;

import static org.awaitility.Awaitility.await;

import dev.mbank.tls.RefusalReason;
import dev.mbank.tls.fixtures.TestCertificates.Issued;
import dev.mbank.v1.ListAccountsRequest;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the metric {@code mbank.tls.handshakes} counts from here on. */
final class HandshakeCounts {
  private final MeterRegistry registry;
  private final Map<String, Integer> before;

  HandshakeCounts(RunningServer server) {
    registry = server.part(MeterRegistry.class);
    before = read();
  }

  /** A client calls, and is counted as accepted. */
  static void assertServed(RunningServer server, Issued ca, Issued own) {
    HandshakeCounts counts = new HandshakeCounts(server);
    try (TestClient client = TestClient.trusting(ca, own, server.port())) {
      client.bank().listAccounts(ListAccountsRequest.getDefaultInstance());
    }
    counts.awaitAccepted(1);
  }

  /** Waits until these were refused, and fails if others were, or any was accepted. */
  void awaitRefused(RefusalReason... reasons) {
    awaitExactly(Stream.of(reasons).map(reason -> "refused: " + reason));
  }

  void awaitAccepted(int times) {
    awaitExactly(Stream.generate(() -> "accepted: none").limit(times));
  }

  /** Peers hear of a refusal before it is counted. */
  private void awaitExactly(Stream<String> each) {
    Map<String, Integer> expected = new TreeMap<>();
    each.forEach(one -> expected.merge(one, 1, Integer::sum));
    await().atMost(Duration.ofSeconds(20)).until(this::since, expected::equals);
  }

  private Map<String, Integer> since() {
    Map<String, Integer> since = read();
    before.forEach((each, count) -> since.merge(each, -count, Integer::sum));
    since.values().removeIf(count -> count == 0);
    return since;
  }

  private Map<String, Integer> read() {
    Map<String, Integer> counts = new TreeMap<>();
    for (Counter counter : registry.find("mbank.tls.handshakes").counters()) {
      String outcome = counter.getId().getTag("outcome");
      counts.put(outcome + ": " + counter.getId().getTag("reason"), (int) counter.count());
    }
    return counts;
  }
}
