package dev.mbank.server.security;

import dev.mbank.server.settings.SettingException;
import dev.mbank.tls.FileWatcher;
import dev.mbank.tls.ReloadListener;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The policy that holds now. Whoever decides asks for it at every decision, so that one that is
 * read again holds from the next call on, on connections that are open too.
 */
public final class PolicyInForce implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PolicyInForce.class);

  /** The variable that names the file. */
  static final String VARIABLE = "POLICY_FILE";

  private final String name;
  private final Supplier<AccessPolicy> source;
  private final FileWatcher watcher;
  private final List<ReloadListener> listeners = new CopyOnWriteArrayList<>();
  private volatile AccessPolicy current;

  private PolicyInForce(String name, List<String> files, Supplier<AccessPolicy> source) {
    this.name = name;
    this.source = source;
    // Before it is read, so that no change falls between.
    this.watcher = new FileWatcher(files, this::reload);
    this.current = source.get();
  }

  /**
   * The policy of a file.
   *
   * @throws SettingException if it is not there or not right
   */
  static PolicyInForce of(String path) {
    try {
      Path file = Path.of(path);
      return new PolicyInForce(path, List.of(path), () -> read(file));
    } catch (InvalidPathException e) {
      throw new SettingException(VARIABLE, path, "the path of a file", e);
    }
  }

  /** A policy that is in no file. */
  static PolicyInForce fixed(String name, AccessPolicy policy) {
    return new PolicyInForce(name, List.of(), () -> policy);
  }

  /** Without TLS nobody proves anything, so there is one caller, and it may do everything. */
  static PolicyInForce withoutTls() {
    return fixed(
        "everything for everybody",
        new AccessPolicy(List.of(Grant.of(Peer.ANONYMOUS.name(), Set.of(Role.TELLER)))));
  }

  /** The policy that holds now. */
  public AccessPolicy current() {
    return current;
  }

  /**
   * Begins to look for a new file, if there is one.
   *
   * @param interval between two looks; what is found holds after two of them
   */
  void watch(Duration interval) {
    watcher.start(interval);
  }

  public void addListener(ReloadListener listener) {
    listeners.add(listener);
  }

  /** Reads the file again. If it is not there or not right the policy stays as it was. */
  public void reload() {
    try {
      current = source.get();
    } catch (SettingException e) {
      log.error("A new policy was rejected, the old one stays in force: {}", e.getMessage());
      listeners.forEach(ReloadListener::rejected);
      return;
    }
    log.info("A new policy is in force: {}", this);
    listeners.forEach(ReloadListener::accepted);
  }

  /** In one line, for the log. */
  @Override
  public String toString() {
    int grants = current.size();
    return name + ", " + grants + (grants == 1 ? " grant" : " grants");
  }

  @Override
  public void close() {
    watcher.close();
  }

  private static AccessPolicy read(Path file) {
    if (Files.isDirectory(file)) {
      throw new SettingException(VARIABLE, file, "a file, not a folder");
    }
    if (!Files.isRegularFile(file)) {
      throw new SettingException(VARIABLE, file, "a file that is there");
    }
    try {
      return PolicyText.parse(file.toString(), Files.readString(file));
    } catch (CharacterCodingException e) {
      throw new SettingException(VARIABLE, file, "a text in UTF-8", e);
    } catch (IOException e) {
      throw new SettingException(VARIABLE, file, "a file that this user may read", e);
    }
  }
}
