package dev.mbank.server;

import io.grpc.netty.shaded.io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;

/** What this JVM holds, in MiB: objects, and Netty's buffers outside the heap. */
record Memory(long heap, long buffers) {

  static Memory now() {
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return new Memory(heap >> 20, PlatformDependent.usedDirectMemory() >> 20);
  }

  static Memory afterCollection() {
    System.gc();
    return now();
  }
}
