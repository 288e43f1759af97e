package dev.mbank.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The network between a bank-server and its PostgreSQL, which a test can cut. It sees a commit of
 * the writer if the driver sends statements as text each time ({@code prepareThreshold=0}).
 */
final class DatabaseProxy implements AutoCloseable {
  private static final String APPENDED = "UPDATE journal_head";
  private static final String COMMIT = "COMMIT\0";

  /** Where the next commit of the writer is cut. */
  enum Cut {
    NOWHERE,
    BEFORE_THE_COMMIT,
    BEFORE_ITS_ANSWER
  }

  private final int target;
  private final ServerSocket listening;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final AtomicReference<Cut> cut = new AtomicReference<>(Cut.NOWHERE);
  private volatile boolean dead;

  DatabaseProxy(int target) throws IOException {
    this.target = target;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    var unused = threads.submit(this::accept);
  }

  String address() {
    return "127.0.0.1:" + listening.getLocalPort();
  }

  /** Cuts the connection in the next commit of the writer, and only there. */
  void cutNext(Cut where) {
    cut.set(where);
  }

  /** Whether the cut is still to come. */
  boolean isArmed() {
    return cut.get() != Cut.NOWHERE;
  }

  /** From now on whatever is sent gets lost, and nobody is told. */
  void die() {
    dead = true;
  }

  /** What was open stays lost; new connections are good. */
  void revive() {
    if (!dead) {
      return;
    }
    links.forEach(link -> link.lost = true);
    dead = false;
  }

  private void accept() {
    try {
      while (true) {
        link(listening.accept());
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void link(Socket client) throws IOException {
    try {
      Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
      link.lost = dead;
      links.add(link);
      var unused = threads.submit(() -> link.pump(client, link.server, true));
      var unusedToo = threads.submit(() -> link.pump(link.server, client, false));
    } catch (IOException e) {
      // The database is away.
      client.close();
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    links.forEach(Link::close);
    threads.shutdownNow();
  }

  /** One connection. */
  private final class Link {
    final Socket client;
    final Socket server;
    volatile boolean lost;
    volatile boolean appended;

    Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void pump(Socket from, Socket to, boolean request) {
      byte[] buffer = new byte[1 << 16];
      String end = "";
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          // What a piece of what is looked for is at the end of counts with what comes next.
          String seen = end + new String(buffer, 0, read, ISO_8859_1);
          end = seen.substring(Math.max(0, seen.length() - APPENDED.length()));
          if (request && seen.contains(APPENDED)) {
            appended = true;
          }
          Cut here = request ? Cut.BEFORE_THE_COMMIT : Cut.BEFORE_ITS_ANSWER;
          if (appended && seen.contains(COMMIT)) {
            if (cut.compareAndSet(here, Cut.NOWHERE)) {
              break;
            }
            appended = request;
            end = "";
          }
          if (!dead && !lost) {
            out.write(buffer, 0, read);
          }
        }
      } catch (IOException e) {
        // Closed by either side.
      }
      if (!dead && !lost) {
        close();
      }
    }

    void close() {
      links.remove(this);
      try {
        client.close();
        server.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
