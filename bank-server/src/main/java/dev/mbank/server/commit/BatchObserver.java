package dev.mbank.server.commit;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches which commands become a batch, for whoever wants to know what a call waited for. What it
 * keeps of a call is its own affair.
 */
public interface BatchObserver {

  /**
   * What the caller of {@link GroupCommitWriter#submit} belongs to, or null if nobody follows it.
   * Asked on the caller's thread.
   */
  @Nullable Object origin();

  /**
   * Lets a batch be committed, on the writer's thread, which is this one.
   *
   * @param commands how many it has
   * @param origins of those that are followed: one at least, in order
   * @param commit does it, and tells why it failed, or null
   */
  void watch(int commands, List<Object> origins, Supplier<@Nullable Throwable> commit);
}
