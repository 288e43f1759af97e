package dev.mbank.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.nio.file.Files;
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

  /** Whether there is Docker, and something to build on. */
  static boolean canBeBuilt() throws Exception {
    return DockerClientFactory.instance().isDockerAvailable()
        && (run("docker", "image", "inspect", BASE) || run("docker", "pull", BASE));
  }

  static void build() throws Exception {
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

  /** Whether it ended well; false, too, if there is no such program. */
  private static boolean run(String... command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("images", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    try {
      Process process = builder.start();
      try {
        boolean done = process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES) && process.exitValue() == 0;
        if (!done) {
          System.out.println(String.join(" ", command) + ":\n" + Files.readString(output));
        }
        return done;
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      System.out.println(e.getMessage());
      return false;
    } finally {
      Files.delete(output);
    }
  }
}
