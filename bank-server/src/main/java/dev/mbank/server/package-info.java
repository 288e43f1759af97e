/** The bank's server: its start and its settings. */
@NullMarked
package dev.mbank.server;

import org.jspecify.annotations.NullMarked;
