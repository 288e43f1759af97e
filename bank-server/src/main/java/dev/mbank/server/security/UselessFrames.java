package dev.mbank.server.security;

import io.grpc.netty.shaded.io.netty.buffer.ByteBuf;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Error;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Flags;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2FrameListener;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Settings;

/**
 * Counts the frames of one connection that are legal, cost work and bring nothing: SETTINGS,
 * PRIORITY, unknown ones, empty DATA. A client has use for a few; gRPC itself bounds PING and
 * RST_STREAM only.
 */
final class UselessFrames extends Http2FrameListenerDecorator {
  private final int limit;
  private final long windowNanos;
  private final Runnable exceeded;
  private long windowStart = System.nanoTime();
  private int count;

  /**
   * @param limit how many there may be in a window
   * @param exceeded is told once, before the connection is closed
   */
  UselessFrames(Http2FrameListener listener, int limit, long windowNanos, Runnable exceeded) {
    super(listener);
    this.limit = limit;
    this.windowNanos = windowNanos;
    this.exceeded = exceeded;
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings)
      throws Http2Exception {
    count();
    super.onSettingsRead(context, settings);
  }

  @Override
  public void onPriorityRead(
      ChannelHandlerContext context, int stream, int dependency, short weight, boolean exclusive)
      throws Http2Exception {
    count();
    super.onPriorityRead(context, stream, dependency, weight, exclusive);
  }

  @Override
  public void onUnknownFrame(
      ChannelHandlerContext context, byte type, int stream, Http2Flags flags, ByteBuf payload)
      throws Http2Exception {
    count();
    super.onUnknownFrame(context, type, stream, flags, payload);
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext context, int stream, ByteBuf data, int padding, boolean end)
      throws Http2Exception {
    if (!data.isReadable() && !end) {
      count();
    }
    return super.onDataRead(context, stream, data, padding, end);
  }

  private void count() throws Http2Exception {
    long now = System.nanoTime();
    if (now - windowStart > windowNanos) {
      windowStart = now;
      count = 0;
    }
    count++;
    if (count == limit + 1) {
      exceeded.run();
    }
    if (count > limit) {
      throw Http2Exception.connectionError(
          Http2Error.ENHANCE_YOUR_CALM, "frames without use: more than %d", limit);
    }
  }
}
