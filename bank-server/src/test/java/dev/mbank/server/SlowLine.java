package dev.mbank.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.locks.LockSupport;

/** A line to a server, for one connection, that lets through only so many bytes a second. */
final class SlowLine implements AutoCloseable {
  private static final int PIECE = 16 * 1024;

  private final ServerSocket near;
  private final Socket far = new Socket();
  private final long nanosPerPiece;

  SlowLine(int port, int bytesPerSecond) throws IOException {
    nanosPerPiece = 1_000_000_000L * PIECE / bytesPerSecond;
    InetAddress here = InetAddress.getLoopbackAddress();
    far.setReceiveBufferSize(PIECE);
    far.connect(new InetSocketAddress(here, port));
    near = new ServerSocket(0, 1, here);
    background(
        () -> {
          try (Socket client = near.accept()) {
            background(() -> client.getInputStream().transferTo(far.getOutputStream()));
            byte[] piece = new byte[PIECE];
            for (int n = 0; n >= 0; n = far.getInputStream().read(piece)) {
              client.getOutputStream().write(piece, 0, n);
              LockSupport.parkNanos(nanosPerPiece * n / PIECE);
            }
          }
        });
  }

  int port() {
    return near.getLocalPort();
  }

  private interface Io {
    void run() throws IOException;
  }

  private static void background(Io work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // An end hung up.
              }
            },
            "slow line");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      far.close();
      near.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
