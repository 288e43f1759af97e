/** Traces, the same for both programs: what is sampled and how it is sent to a collector. */
@NullMarked
package dev.mbank.tracing;

import org.jspecify.annotations.NullMarked;
