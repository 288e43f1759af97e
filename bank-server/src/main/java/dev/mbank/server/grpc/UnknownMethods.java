package dev.mbank.server.grpc;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerInterceptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.io.InputStream;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The methods that nobody serves. gRPC would answer the same by itself, but before it asks any
 * interceptor, so that a caller who tries names would leave no line in the access log.
 */
final class UnknownMethods extends HandlerRegistry {
  private static final Pattern NO_NAME = Pattern.compile("[^a-zA-Z0-9_./-]");
  private static final int MAX_NAME = 100;

  private final ServerInterceptor log;

  UnknownMethods(ServerInterceptor log) {
    this.log = log;
  }

  @Override
  public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
    String start = name.substring(0, Math.min(MAX_NAME, name.length()));
    MethodDescriptor<InputStream, InputStream> method =
        MethodDescriptor.newBuilder(new Unread(), new Unread())
            .setType(MethodType.UNKNOWN)
            .setFullMethodName(NO_NAME.matcher(start).replaceAll("?"))
            .build();
    return ServerMethodDefinition.create(
        method, (call, headers) -> log.interceptCall(call, headers, UnknownMethods::refuse));
  }

  private static ServerCall.Listener<InputStream> refuse(
      ServerCall<InputStream, InputStream> call, Metadata headers) {
    String name = call.getMethodDescriptor().getFullMethodName();
    call.close(Status.UNIMPLEMENTED.withDescription("Method not found: " + name), new Metadata());
    return new ServerCall.Listener<>() {};
  }

  /** Never used: such a call asks for no message. */
  private record Unread() implements MethodDescriptor.Marshaller<InputStream> {
    @Override
    public InputStream stream(InputStream value) {
      return value;
    }

    @Override
    public InputStream parse(InputStream stream) {
      return stream;
    }
  }
}
