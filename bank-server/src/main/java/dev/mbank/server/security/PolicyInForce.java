package dev.mbank.server.security;

import dev.mbank.server.settings.SettingException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The policy that holds now. Whoever decides asks for it at every decision, so that one that is
 * read again holds from the next call on, on connections that are open too.
 */
public final class PolicyInForce {
  /** The variable that names the file. */
  static final String VARIABLE = "POLICY_FILE";

  private final @Nullable Path file;
  private final Supplier<AccessPolicy> source;
  private volatile AccessPolicy current;

  private PolicyInForce(@Nullable Path file, Supplier<AccessPolicy> source) {
    this.file = file;
    this.source = source;
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
      return new PolicyInForce(file, () -> read(file));
    } catch (InvalidPathException e) {
      throw new SettingException(VARIABLE, path, "the path of a file", e);
    }
  }

  /** A policy that is in no file. */
  static PolicyInForce fixed(AccessPolicy policy) {
    return new PolicyInForce(null, () -> policy);
  }

  /** Without TLS nobody proves anything, so there is one caller, and it may do everything. */
  static PolicyInForce withoutTls() {
    return fixed(new AccessPolicy(List.of(Grant.of(Peer.ANONYMOUS.name(), Set.of(Role.TELLER)))));
  }

  /** The policy that holds now. */
  public AccessPolicy current() {
    return current;
  }

  /** The file to watch; null if there is none. */
  public @Nullable Path file() {
    return file;
  }

  /**
   * Reads the file again.
   *
   * @throws SettingException if it is not there or not right: then the policy stays as it was
   */
  public synchronized void reload() {
    current = source.get();
  }

  private static AccessPolicy read(Path file) {
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
