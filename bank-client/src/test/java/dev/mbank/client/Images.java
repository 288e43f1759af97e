package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** The images of the jars that were just built, and containers of them that may do nothing else. */
final class Images {
  private static final String TAG = "test";
  private static final String BASE =
      System.getenv().getOrDefault("BASE_IMAGE", "eclipse-temurin:25-jre");
  private static final int BUILD_MINUTES = 15;
  private static final long MEMORY = 512L << 20;

  private Images() {}

  /** Builds them, or says why the test cannot be: there is no Docker, or nothing to build on. */
  static void build() throws Exception {
    assumeTrue(
        DockerClientFactory.instance().isDockerAvailable(),
        "no Docker here: the images were not tested");
    assumeTrue(
        run("docker", "image", "inspect", BASE) || run("docker", "pull", BASE),
        BASE
            + " is not here and cannot be pulled: the images were not tested"
            + " (docker/base-image.sh makes a base; BASE_IMAGE is its name)");
    assertThat(run("../docker/build.sh", TAG)).as("../docker/build.sh").isTrue();
  }

  static String name(String program) {
    return "mbank/" + program + ":" + TAG;
  }

  /**
   * A container with a read-only root, no capabilities and no shell, which can write in a /tmp of
   * its own, where nothing can be executed, and in its data.
   *
   * @param certs the folder that it sees as /certs
   */
  static GenericContainer<?> container(String program, Path certs, Map<String, String> variables) {
    return new GenericContainer<>(DockerImageName.parse(name(program)))
        .withEnv(Map.of("CA_FILE", "/certs/ca.crt"))
        .withEnv(variables)
        .withTmpFs(Map.of("/tmp", "rw,noexec,nosuid"))
        .withCreateContainerCmdModifier(
            command -> {
              HostConfig host = command.getHostConfig();
              assertThat(host).isNotNull();
              host.withReadonlyRootfs(true)
                  .withCapDrop(Capability.ALL)
                  .withSecurityOpts(List.of("no-new-privileges"))
                  .withMemory(MEMORY)
                  .withBinds(
                      new Bind(certs.toString(), new Volume("/certs"), AccessMode.ro),
                      new Bind("/dev/null", new Volume("/bin/sh"), AccessMode.ro),
                      new Bind("/dev/null", new Volume("/bin/bash"), AccessMode.ro));
            });
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    try {
      return process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) && process.exitValue() == 0;
    } finally {
      process.destroyForcibly();
    }
  }
}
