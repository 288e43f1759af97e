/** The bank's client: a typed facade over the stubs, and the demo. */
@NullMarked
package dev.mbank.client;

import org.jspecify.annotations.NullMarked;
