package dev.mbank.server.grpc;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.Arrays;
import java.util.List;
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
  /** Longer than any well-formed id. */
  private static final int MAX_ID = 64;

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

  /** What a request has in {@link #ids}, in their order; nothing of what is none. */
  List<String> idsOf(@Nullable Object request) {
    if (!(request instanceof Message message)) {
      return List.of();
    }
    String[] found = new String[ids.size()];
    for (int i = 0; i < found.length; i++) {
      found[i] = cut((String) message.getField(ids.get(i)));
    }
    return Arrays.asList(found);
  }

  /** Whatever a caller sends as an id: no longer than ids are, and whole characters. */
  static String cut(String id) {
    if (id.length() <= MAX_ID) {
      return id;
    }
    int end = Character.isHighSurrogate(id.charAt(MAX_ID - 1)) ? MAX_ID - 1 : MAX_ID;
    return id.substring(0, end) + "...";
  }
}
