package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.mbank.v1.BankServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that are no message of the contract. */
class MalformedRequestTest {
  @TempDir Path folder;

  @Test
  void call_bytesThatAreNoMessage_invalidField() throws IOException {
    byte[] notUtf8 = new byte[6];
    CodedOutputStream out = CodedOutputStream.newInstance(notUtf8);
    out.writeBytes(1, ByteString.copyFrom(new byte[] {'a', (byte) 0xc3, '(', 'b'}));
    try (TestBank bank = TestBank.open(folder)) {
      for (MethodDescriptor<?, ?> method : BankServiceGrpc.getServiceDescriptor().getMethods()) {
        for (byte[] bytes : List.of(new byte[] {(byte) 0xff}, new byte[] {0x0a, 0x7f})) {
          assertInvalid(bank, method, bytes);
        }
      }
      assertInvalid(bank, BankServiceGrpc.getGetBalanceMethod(), notUtf8);
    }
  }

  private static void assertInvalid(TestBank bank, MethodDescriptor<?, ?> method, byte[] bytes) {
    BankError error = BankError.of(() -> call(bank, method, bytes));

    assertThat(error.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(error.shown()).isEqualTo("INVALID_FIELD {field=request}");
  }

  private static void call(TestBank bank, MethodDescriptor<?, ?> method, byte[] bytes) {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(method.getType())
            .setFullMethodName(method.getFullMethodName())
            .setRequestMarshaller(new RawMarshaller())
            .setResponseMarshaller(new RawMarshaller())
            .build();
    var unused =
        ClientCalls.blockingUnaryCall(
            bank.as(TELLER).getChannel(),
            raw,
            CallOptions.DEFAULT.withDeadlineAfter(java.time.Duration.ofSeconds(10)),
            bytes);
  }

  private static final class RawMarshaller implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
