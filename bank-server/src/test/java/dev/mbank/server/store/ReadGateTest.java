package dev.mbank.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.AbstractDataSource;

class ReadGateTest {
  private static final Connection CONNECTION =
      (Connection)
          Proxy.newProxyInstance(
              ReadGateTest.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, arguments) -> null);

  private final CountDownLatch trying = new CountDownLatch(2);
  private final CountDownLatch patience = new CountDownLatch(1);
  private volatile boolean away = true;

  /** A pool that is patient from its second caller on. */
  private final ReadGate gate =
      new ReadGate(
          new AbstractDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
              trying.countDown();
              if (trying.getCount() == 0) {
                await(patience);
              }
              if (away) {
                throw new SQLException("away");
              }
              return CONNECTION;
            }

            @Override
            public Connection getConnection(String username, String password) {
              throw new UnsupportedOperationException();
            }
          });

  @Test
  void getConnection_databaseAway_oneTriesAndTheOthersFailAtOnce() throws Exception {
    assertThatThrownBy(gate::getConnection).hasMessage("away");
    CompletableFuture<Connection> one = CompletableFuture.supplyAsync(this::get);
    await(trying);
    assertThatThrownBy(gate::getConnection).isInstanceOf(SQLTransientConnectionException.class);
    away = false;
    patience.countDown();
    assertThat(one.get(10, TimeUnit.SECONDS)).isSameAs(CONNECTION);
    assertThat(gate.getConnection()).isSameAs(CONNECTION);
  }

  private Connection get() {
    try {
      return gate.getConnection();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
