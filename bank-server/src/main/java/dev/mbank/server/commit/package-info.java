/**
 * The writer of the journal and the ports to whatever keeps it. No gRPC and no SQL here.
 *
 * <p>{@link dev.mbank.server.commit.GroupCommitWriter} takes commands from many threads, decides
 * them one after the other and makes them durable a batch at a time.
 */
@NullMarked
package dev.mbank.server.commit;

import org.jspecify.annotations.NullMarked;
