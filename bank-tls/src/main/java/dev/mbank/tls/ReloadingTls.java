package dev.mbank.tls;

import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS that takes new files while it runs: as a whole or not at all. New connections use what is in
 * force; open ones keep what they were made with until they end.
 */
public final class ReloadingTls implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ReloadingTls.class);

  private final TlsFiles files;
  private final PeerKind ours;
  private final SwappableSslContext context;
  private final List<ReloadListener> listeners = new CopyOnWriteArrayList<>();
  private final FileWatcher watcher;
  private volatile TlsMaterial inForce;

  /** Why the files that are there are not in force, if so. Of the watcher's thread only. */
  private @Nullable String fault;

  /**
   * Reads the files.
   *
   * @throws TlsFileException if they will not do
   */
  public ReloadingTls(TlsFiles files, PeerKind ours) {
    this.files = files;
    this.ours = ours;
    // Before they are read, so that no change falls between.
    this.watcher = new FileWatcher(files.all(), this::reload, this::tryAgain);
    this.inForce = TlsMaterial.read(files, ours);
    this.context = new SwappableSslContext(inForce.context());
    warn(inForce);
  }

  /**
   * Begins to look for new files.
   *
   * @param interval between two looks; what is found is in force after two of them
   */
  public void watch(Duration interval) {
    watcher.start(interval);
  }

  /** For the transport; always the same, whatever is in force. */
  public SslContext context() {
    return context;
  }

  /** What new connections use. */
  public TlsMaterial inForce() {
    return inForce;
  }

  /**
   * Holds what a peer showed against what is in force now. A TLS session that is resumed brings its
   * certificates along from an earlier handshake, and nobody looks at them: since then they may
   * have expired, or the list that says that they are good.
   *
   * @throws CertificateException if it would be refused in a handshake
   */
  public void requirePeer(X509Certificate[] shown) throws CertificateException {
    inForce.requirePeer(shown);
  }

  public void addListener(ReloadListener listener) {
    listeners.add(listener);
  }

  private void reload() {
    take(true);
  }

  /** A set may be refused today and good tomorrow, by its dates. */
  private void tryAgain() {
    if (fault != null) {
      take(false);
    }
  }

  /**
   * Takes the files as they are now: a change that comes after the watcher's look is taken with it,
   * and its own turn then finds it in force.
   *
   * @param changed whether a fault is to be told even if it is the one that was told last
   */
  private void take(boolean changed) {
    TlsMaterial next;
    SslContext nextContext;
    try {
      next = TlsMaterial.readAgain(files, ours);
      nextContext = next.context();
    } catch (RuntimeException e) {
      String message = String.valueOf(e.getMessage());
      if (changed || !message.equals(fault)) {
        fault = message;
        log.error("New TLS files were rejected, the old ones stay in force: {}", message);
        listeners.forEach(ReloadListener::rejected);
      }
      return;
    }
    if (fault == null && next.holdsTheSameAs(inForce)) {
      return;
    }
    fault = null;
    inForce = next;
    context.swap(nextContext);
    log.info("New TLS files are in force: {}", next);
    warn(next);
    listeners.forEach(ReloadListener::accepted);
  }

  private void warn(TlsMaterial material) {
    files.warnings().forEach(log::warn);
    material.warnings().forEach(log::warn);
  }

  @Override
  public void close() {
    watcher.close();
  }
}
