/**
 * The contract's edge: the only package that knows the gRPC server and the generated stubs.
 *
 * <p>A call passes the interceptors (metrics, access log, errors, caller), then {@link
 * dev.mbank.server.grpc.BankGrpcService}, which decodes it, asks whether it is permitted, and hands
 * it to the writer or to the readers.
 */
@NullMarked
package dev.mbank.server.grpc;

import org.jspecify.annotations.NullMarked;
