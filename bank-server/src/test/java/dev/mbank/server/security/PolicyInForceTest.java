package dev.mbank.server.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mbank.server.ledger.Identity;
import dev.mbank.server.settings.SettingException;
import dev.mbank.tls.ReloadListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.mock.env.MockEnvironment;

class PolicyInForceTest {
  private static final Identity WHO = new Identity("spiffe://mbank.test/who");

  private final Told told = new Told();

  @TempDir Path folder;

  @Test
  void reload_goodFile_holdsFromThenOn() throws IOException {
    Path file = Files.writeString(folder.resolve("policy"), WHO + " auditor");
    PolicyInForce policy = PolicyInForce.of(file.toString());

    policy.addListener(told);

    Files.writeString(file, WHO + " teller");
    assertThat(policy.current().scope(WHO, Action.DEPOSIT)).isEqualTo(Scope.NONE);
    policy.reload();

    assertThat(policy.current().scope(WHO, Action.DEPOSIT)).isEqualTo(Scope.ANY);
    assertThat(told.heard).containsExactly("accepted");
    assertThat(policy).hasToString(file + ", 1 grant");
    Files.writeString(file, WHO + " teller\n" + WHO + "/* auditor");
    policy.reload();
    assertThat(policy).hasToString(file + ", 2 grants");
  }

  @Test
  void reload_badFile_isToldAndTheLastGoodOneStays() throws IOException {
    Path file = Files.writeString(folder.resolve("policy"), WHO + " auditor");
    PolicyInForce policy = PolicyInForce.of(file.toString());
    policy.addListener(told);
    AccessPolicy good = policy.current();

    Files.writeString(file, WHO + " auditor\nspiffe://mbank.test/x tellr");
    policy.reload();
    Files.delete(file);
    policy.reload();

    assertThat(policy.current()).isSameAs(good);
    assertThat(told.heard).containsExactly("rejected", "rejected");
  }

  @Test
  void watch_newFile_holdsByItself() throws IOException {
    Path file = Files.writeString(folder.resolve("policy"), WHO + " auditor");
    try (PolicyInForce policy = PolicyInForce.of(file.toString())) {
      policy.watch(Duration.ofMillis(10));

      Files.writeString(file, WHO + " teller");

      await().until(() -> policy.current().scope(WHO, Action.DEPOSIT) == Scope.ANY);
    }
  }

  @Test
  void of_fileThatIsNone_refused() throws IOException {
    Path latin = Files.write(folder.resolve("latin"), new byte[] {'#', (byte) 0xe9});

    assertFault(folder.toString(), "a file, not a folder");
    assertFault(folder.resolve("absent").toString(), "a file that is there");
    assertFault(latin.toString(), "a text in UTF-8");
  }

  private static void assertFault(String path, String expected) {
    assertThatThrownBy(() -> PolicyInForce.of(path))
        .isInstanceOf(SettingException.class)
        .hasMessage("POLICY_FILE: " + path + " (expected: " + expected + ")");
  }

  @Test
  void policyInForce_noFile_grantsExactlyWhatGenerateCertsMakes() throws IOException {
    AccessPolicy shipped = configured(new MockEnvironment(), true).current();

    Identity client = new Identity("spiffe://mbank.local/client");
    assertThat(shipped.grantOf(client)).isEqualTo(client.name());
    assertThat(shipped.scope(client, Action.DEPOSIT)).isEqualTo(Scope.ANY);
    assertThat(shipped.grantOf(new Identity("spiffe://mbank.local/other"))).isNull();
    assertThat(shipped.grantOf(new Identity("spiffe://mbank.local/client/x"))).isNull();
    assertThat(shipped.grantOf(Peer.ANONYMOUS)).isNull();
  }

  @Test
  void policyInForce_withoutTls_isForTheAnonymousOnly() throws IOException {
    PolicyInForce policy = configured(new MockEnvironment(), false);

    policy.reload();

    assertThat(policy.current().scope(Peer.ANONYMOUS, Action.DEPOSIT)).isEqualTo(Scope.ANY);
    assertThat(policy.current().grantOf(WHO)).isNull();
  }

  private static final class Told implements ReloadListener {
    final List<String> heard = new ArrayList<>();

    @Override
    public void accepted() {
      heard.add("accepted");
    }

    @Override
    public void rejected() {
      heard.add("rejected");
    }
  }

  private static PolicyInForce configured(MockEnvironment environment, boolean tls)
      throws IOException {
    environment.setProperty("grpc.server.security.enabled", String.valueOf(tls));
    environment.setProperty("mbank.access.policy-file", "");
    return new SecurityConfiguration().policyInForce(environment);
  }
}
