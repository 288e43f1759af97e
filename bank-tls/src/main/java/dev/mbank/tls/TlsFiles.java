package dev.mbank.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where certificates and keys are, as the operator wrote it. Relative paths count from the working
 * directory.
 *
 * @param ca {@code CA_FILE}: the CAs that peers must be signed by, PEM
 * @param cert {@code CERT_FILE}: our certificate, then its intermediates, PEM
 * @param key {@code KEY_FILE}: our key, PKCS#8, unencrypted, PEM
 * @param crl {@code CRL_FILE}: a revocation list of each CA, PEM; null to check no revocation
 */
public record TlsFiles(String ca, String cert, String key, @Nullable String crl) {

  /** All files that there are. */
  List<String> all() {
    return Stream.of(ca, cert, key, crl).filter(Objects::nonNull).toList();
  }

  /** What is wrong with the files but works. */
  List<String> warnings() {
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(Path.of(key));
      if (permissions.contains(PosixFilePermission.OTHERS_READ)) {
        return List.of("KEY_FILE: " + key + " can be read by everybody (expected: chmod 600)");
      }
    } catch (IOException | UnsupportedOperationException e) {
      return List.of(); // No such permissions here.
    }
    return List.of();
  }
}
