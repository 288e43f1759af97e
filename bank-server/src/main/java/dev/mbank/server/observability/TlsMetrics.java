package dev.mbank.server.observability;

import static java.util.Objects.requireNonNull;

import dev.mbank.server.security.Connections;
import dev.mbank.server.security.Connections.CutOff;
import dev.mbank.server.security.HandshakeListener;
import dev.mbank.server.security.PolicyInForce;
import dev.mbank.tls.RefusalReason;
import dev.mbank.tls.ReloadListener;
import dev.mbank.tls.ReloadingTls;
import dev.mbank.tls.TlsMaterial;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Counts handshakes by what became of them and reloads, shows how long certificates last. */
final class TlsMetrics implements HandshakeListener {
  private final MeterRegistry registry;
  private final Counter accepted;
  private final Map<RefusalReason, Counter> refused = new EnumMap<>(RefusalReason.class);
  private final Map<CutOff, Counter> cutOff = new EnumMap<>(CutOff.class);

  TlsMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.accepted = handshakes("accepted", "none");
    for (RefusalReason reason : RefusalReason.values()) {
      refused.put(reason, handshakes("refused", reason.toString()));
    }
    for (CutOff why : CutOff.values()) {
      cutOff.put(
          why,
          Counter.builder("mbank.connections.cut.off")
              .description("Connections that began well and were closed for what they did then")
              .tag("reason", why.toString())
              .register(registry));
    }
  }

  @Override
  public void accepted() {
    accepted.increment();
  }

  @Override
  public void refused(RefusalReason reason) {
    requireNonNull(refused.get(reason)).increment();
  }

  @Override
  public void cutOff(CutOff why) {
    requireNonNull(cutOff.get(why)).increment();
  }

  void bind(Connections connections) {
    Gauge.builder("mbank.connections", connections, Connections::count)
        .description("Connections that are open, ready or not")
        .register(registry);
  }

  void bind(ReloadingTls tls, Clock clock) {
    daysLeft("certificate", tls, clock, material -> end(material.chain().get(0)));
    daysLeft(
        "ca",
        tls,
        clock,
        material ->
            material.authorities().stream()
                .map(TlsMetrics::end)
                .min(Comparator.naturalOrder())
                .orElseThrow());
    if (tls.inForce().revocationListsEnd().isPresent()) {
      daysLeft("crl", tls, clock, material -> material.revocationListsEnd().orElse(Instant.EPOCH));
    }
    tls.addListener(reloads("tls"));
  }

  void bind(PolicyInForce policy) {
    policy.addListener(reloads("policy"));
  }

  private Counter handshakes(String outcome, String reason) {
    return Counter.builder("mbank.tls.handshakes")
        .description("Connections by how they began")
        .tag("outcome", outcome)
        .tag("reason", reason)
        .register(registry);
  }

  private ReloadListener reloads(String files) {
    Counter accepted = reloads(files, "accepted");
    Counter rejected = reloads(files, "rejected");
    AtomicInteger inForce = new AtomicInteger(1);
    Gauge.builder("mbank.files.in.force", inForce, AtomicInteger::get)
        .description("1 if the files that are there are in force, 0 if they were refused")
        .tag("files", files)
        .strongReference(true)
        .register(registry);
    return new ReloadListener() {
      @Override
      public void accepted() {
        accepted.increment();
        inForce.set(1);
      }

      @Override
      public void rejected() {
        rejected.increment();
        inForce.set(0);
      }
    };
  }

  private Counter reloads(String files, String outcome) {
    return Counter.builder("mbank.reloads")
        .description("New files that were found, by whether they are in force")
        .tag("files", files)
        .tag("outcome", outcome)
        .register(registry);
  }

  private void daysLeft(
      String what, ReloadingTls tls, Clock clock, Function<TlsMaterial, Instant> end) {
    Gauge.builder(
            "mbank.tls.days.left",
            tls,
            from -> {
              Duration left = Duration.between(clock.instant(), end.apply(from.inForce()));
              return left.toSeconds() / (double) Duration.ofDays(1).toSeconds();
            })
        .description("Days until what is in force expires; of several, the first")
        .tag("of", what)
        .register(registry);
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }
}
