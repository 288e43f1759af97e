/** What the bank does in a second, beside what else could be done on the same machine. */
@NullMarked
package dev.mbank.benchmarks;

import org.jspecify.annotations.NullMarked;
