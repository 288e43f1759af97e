package dev.mbank.server.grpc;

import static dev.mbank.server.grpc.TestBank.TELLER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.mbank.v1.BankServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.Status.Code;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that are no message of the contract, and calls that do not bear one message. */
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

  @Test
  void call_noMessage_invalidField() {
    try (TestBank bank = TestBank.open(folder)) {
      for (MethodDescriptor<?, ?> method : BankServiceGrpc.getServiceDescriptor().getMethods()) {
        assertInvalid(bank, method);
      }
    }
  }

  /** gRPC ends such a call before anything of ours sees it. */
  @Test
  void call_twoMessages_cancelledAndNothingIsDone() {
    byte[] deposit = Requests.deposit("main", Requests.eur(1)).toByteArray();
    try (TestBank bank = TestBank.open(folder)) {
      Requests.call(bank.as(TELLER), Requests.opening("main", "EUR"));

      assertThatThrownBy(() -> call(bank, BankServiceGrpc.getDepositMethod(), deposit, deposit))
          .hasMessageStartingWith("CANCELLED");
      var balance = bank.as(TELLER).getBalance(Requests.balance("main")).getBalance();
      assertThat(balance.getSequence()).isEqualTo(1);
    }
  }

  private static void assertInvalid(TestBank bank, MethodDescriptor<?, ?> method, byte[]... sent) {
    BankError error = BankError.of(() -> call(bank, method, sent));

    assertThat(error.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(error.shown()).isEqualTo("INVALID_FIELD {field=request}");
  }

  /** Sends as many messages as it is given, where the contract knows of one. */
  private static void call(TestBank bank, MethodDescriptor<?, ?> method, byte[]... sent)
      throws Throwable {
    MethodDescriptor<byte[], byte[]> raw =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
            .setFullMethodName(method.getFullMethodName())
            .setRequestMarshaller(new RawMarshaller())
            .setResponseMarshaller(new RawMarshaller())
            .build();
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(Duration.ofSeconds(10));
    CompletableFuture<byte[]> answer = new CompletableFuture<>();
    var requests =
        ClientCalls.asyncBidiStreamingCall(
            bank.as(TELLER).getChannel().newCall(raw, options), completing(answer));
    for (byte[] message : sent) {
      requests.onNext(message);
    }
    requests.onCompleted();
    try {
      answer.join();
    } catch (CompletionException e) {
      throw e.getCause();
    }
  }

  private static StreamObserver<byte[]> completing(CompletableFuture<byte[]> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        answer.complete(message);
      }

      @Override
      public void onError(Throwable failure) {
        answer.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {}
    };
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
