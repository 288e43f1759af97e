package dev.mbank.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;

/** Where a server's time goes, by its own flight recording. */
final class Profile {
  private static final int MOST = 25;

  /** Where a thread only waits, by the end of the method's name. */
  private static final List<String> WAITS =
      List.of("epollWait", "epollWait0", "EPoll.wait", "Net.accept", "Net.poll", "Unsafe.park");

  /** What the work is for; a stack is its first frame's from the top that is of any of these. */
  private static final Map<String, String> GROUPS = groups();

  private final Map<String, Integer> groups = new HashMap<>();
  private final Map<String, Integer> frames = new HashMap<>();
  private final Map<String, Double> threads = new HashMap<>();
  private int samples;
  private int loads;

  private Profile() {}

  private static Map<String, String> groups() {
    String netty = "io.grpc.netty.shaded.io.netty.";
    Map<String, String> groups = new LinkedHashMap<>();
    groups.put(netty + "handler.ssl", "TLS");
    groups.put(netty + "internal.tcnative", "TLS");
    groups.put(netty + "handler.codec", "HTTP/2");
    groups.put("io.grpc.netty.shaded.io.grpc.netty", "HTTP/2, gRPC's side");
    groups.put(netty + "channel", "transport");
    groups.put(netty, "Netty's buffers and queues");
    groups.put("com.google.protobuf", "protobuf");
    groups.put("dev.mbank.v1", "protobuf");
    groups.put("tools.jackson", "JSON");
    groups.put("org.sqlite", "SQLite");
    groups.put("org.postgresql", "PostgreSQL's driver");
    groups.put("org.springframework.jdbc", "Spring JDBC");
    groups.put("com.zaxxer.hikari", "Hikari");
    groups.put("io.micrometer", "metrics");
    groups.put("io.prometheus", "metrics");
    groups.put("ch.qos.logback", "logging");
    groups.put("net.logstash", "logging");
    groups.put("org.slf4j", "logging");
    groups.put("io.grpc", "gRPC");
    groups.put("dev.mbank.server.ledger", "our ledger");
    groups.put("dev.mbank.server.commit", "our commit");
    groups.put("dev.mbank.server.store", "our store");
    groups.put("dev.mbank.server.grpc", "our grpc");
    groups.put("dev.mbank.server.security", "our security");
    groups.put("dev.mbank.server", "our other packages");
    return groups;
  }

  /** Options of a JVM that records itself into a file, which is written when it ends. */
  static List<String> options(Path file) {
    return List.of(
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:+DebugNonSafepoints",
        "-XX:StartFlightRecording:settings=profile,dumponexit=true,jdk.ThreadCPULoad#period=1s"
            + ",jdk.NativeMethodSample#period=10ms,filename="
            + file);
  }

  /** What a recording says of a span of time. */
  static String of(Path file, Instant from, Instant until) throws IOException {
    Profile profile = new Profile();
    try (RecordingFile recording = new RecordingFile(file)) {
      while (recording.hasMoreEvents()) {
        RecordedEvent event = recording.readEvent();
        if (event.getStartTime().isAfter(from) && event.getStartTime().isBefore(until)) {
          profile.add(event);
        }
      }
    }
    return profile.text();
  }

  private void add(RecordedEvent event) {
    switch (event.getEventType().getName()) {
      case "jdk.ExecutionSample", "jdk.NativeMethodSample" -> addSample(event.getStackTrace());
      case "jdk.ThreadCPULoad" -> {
        double load = event.getDouble("user") + event.getDouble("system");
        threads.merge(event.getThread("eventThread").getJavaName() + "", load, Double::sum);
      }
      case "jdk.CPULoad" -> loads++;
      default -> {}
    }
  }

  private void addSample(RecordedStackTrace stack) {
    RecordedFrame top = stack.getFrames().get(0);
    if (WAITS.stream().anyMatch(name(top)::endsWith)) {
      return;
    }
    samples++;
    frames.merge(name(top), 1, Integer::sum);
    groups.merge(group(stack), 1, Integer::sum);
  }

  private static String name(RecordedFrame frame) {
    return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
  }

  private static String group(RecordedStackTrace stack) {
    for (RecordedFrame frame : stack.getFrames()) {
      String type = frame.getMethod().getType().getName();
      for (Map.Entry<String, String> group : GROUPS.entrySet()) {
        if (type.startsWith(group.getKey())) {
          return group.getValue();
        }
      }
    }
    return "the JDK";
  }

  private String text() {
    StringBuilder text = new StringBuilder("Threads, share of all processors:\n");
    // A thread has its event each second, as the machine has.
    top(text, threads, Math.max(1, loads), 12);
    text.append("What the samples are for:\n");
    top(text, groups, samples, MOST);
    text.append("Where they are:\n");
    top(text, frames, samples, MOST);
    return text.toString();
  }

  private static void top(
      StringBuilder text, Map<String, ? extends Number> shares, double all, int most) {
    shares.entrySet().stream()
        .sorted(
            (one, other) ->
                Double.compare(other.getValue().doubleValue(), one.getValue().doubleValue()))
        .limit(most)
        .forEach(
            each ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "  %5.1f %%  %s%n",
                        100 * each.getValue().doubleValue() / all,
                        each.getKey())));
  }
}
