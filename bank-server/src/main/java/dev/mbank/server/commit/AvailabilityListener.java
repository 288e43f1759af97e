package dev.mbank.server.commit;

/** Hears whether the bank can write. Called by the writer's thread: must not block. */
public interface AvailabilityListener {

  /** Called when the writer is ready, and then at every change. */
  void availabilityChanged(boolean available);
}
