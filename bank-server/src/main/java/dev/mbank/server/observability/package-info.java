/** What operators see of the writer and its store: metrics and health. */
@NullMarked
package dev.mbank.server.observability;

import org.jspecify.annotations.NullMarked;
