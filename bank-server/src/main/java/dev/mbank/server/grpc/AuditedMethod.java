package dev.mbank.server.grpc;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What the audit trail must know of a method, from the contract alone, so that a method added to it
 * is audited too.
 *
 * @param name the full name
 * @param write whether it writes: then its requests have an id
 * @param ids the fields of its requests that name something; no others are ever in the trail
 */
record AuditedMethod(String name, boolean write, List<FieldDescriptor> ids) {

  static AuditedMethod of(MethodDescriptor<?, ?> method) {
    String name = method.getFullMethodName();
    if (!(method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier schema)) {
      return new AuditedMethod(name, false, List.of());
    }
    Descriptor request = schema.getMethodDescriptor().getInputType();
    List<FieldDescriptor> ids =
        request.getFields().stream()
            .filter(field -> field.getType() == FieldDescriptor.Type.STRING)
            .filter(field -> !field.isRepeated() && field.getName().endsWith("_id"))
            .toList();
    return new AuditedMethod(name, request.findFieldByName("request_id") != null, ids);
  }

  /** Tells the ids in a request, as the caller sent them. */
  void eachId(@Nullable Object request, BiConsumer<String, String> reader) {
    if (request instanceof Message message) {
      ids.forEach(id -> reader.accept(id.getName(), (String) message.getField(id)));
    }
  }
}
