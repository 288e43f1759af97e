/**
 * Mutual TLS, the same for both programs: {@link dev.mbank.tls.TlsFiles} are read and checked as a
 * whole ({@link dev.mbank.tls.TlsMaterial}), peers are held to strict rules, and {@link
 * dev.mbank.tls.ReloadingTls} takes new files while connections run.
 */
@NullMarked
package dev.mbank.tls;

import org.jspecify.annotations.NullMarked;
