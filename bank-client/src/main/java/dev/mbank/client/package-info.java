/** The bank's client: its start, its settings, the typed facade and the demo. */
@NullMarked
package dev.mbank.client;

import org.jspecify.annotations.NullMarked;
