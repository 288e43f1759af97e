package dev.mbank.server.grpc;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mbank.server.grpc.Backlog.Round;
import dev.mbank.server.grpc.Backlog.Turn;
import dev.mbank.server.security.Connections.Connection;
import dev.mbank.server.security.Connections.CutOff;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Its rounds; HostilePeersIT has what peers see of them. */
class SlowPeersTest {
  private final List<CutOff> cutOff = new ArrayList<>();

  @Test
  void nextRound_errorOfOneConnection_spoilsNoOther() {
    Map<Backlog, Connection> backlogs = new LinkedHashMap<>();
    backlogs.put(waiting(), connection(true));
    backlogs.put(waiting(), connection(false));
    Round round = new Round(SECONDS.toNanos(1), 1);

    SlowPeers.nextRound(backlogs, round, SECONDS.toNanos(1));
    SlowPeers.nextRound(backlogs, round, SECONDS.toNanos(2));

    assertThat(cutOff).containsExactly(CutOff.SLOW);
  }

  private static Backlog waiting() {
    Backlog backlog = new Backlog(new AtomicLong());
    backlog.enter(Turn.REQUEST);
    return backlog;
  }

  private Connection connection(boolean broken) {
    return new Connection() {
      @Override
      public void cutOff(CutOff why) {
        cutOff.add(why);
      }

      @Override
      public long sent() {
        if (broken) {
          throw new AssertionError("on purpose");
        }
        return 0;
      }
    };
  }
}
