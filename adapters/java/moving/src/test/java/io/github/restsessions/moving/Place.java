package io.github.restsessions.moving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.restsessions.JsonText;
import io.github.restsessions.contract.Servers;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A Redis that sessions leave, and a server that they go to. */
final class Place implements AutoCloseable {
  final String app = "moved";
  final int port;
  final Servers.Running server;
  private final Path folder;
  private final Process redis;

  Place(Path folder) throws IOException {
    this.folder = folder;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    redis = startRedis();
    server = Servers.start(0, folder);
  }

  private Process startRedis() throws IOException {
    Process process;
    try {
      process =
          new ProcessBuilder(
                  List.of("redis-server", "--port", "" + port, "--bind", "127.0.0.1", "--save", ""))
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException notThere) {
      assumeTrue(false, "there is no redis-server here");
      throw notThere;
    }
    BufferedReader lines = process.inputReader();
    for (String line = lines.readLine(); line != null; line = lines.readLine())
      if (line.contains("Ready to accept connections")) return process;
    throw new IOException("redis-server has ended");
  }

  String redisUrl() {
    return "redis://127.0.0.1:" + port + "/0";
  }

  /** Imports. Gives what the command reports. */
  Map<?, ?> imports(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    Object words = new JsonText(Servers.environment("REST_SESSIONS_COMMAND")).value();
    for (Object word : (List<?>) words) command.add((String) word);
    command.addAll(
        List.of("import", "--from=spring-session:" + redisUrl(), "--app=" + app, "--keep-tokens"));
    command.addAll(List.of("--store=lmdb:" + folder.resolve("data"), "--json"));
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).start();
    String report = new String(process.getInputStream().readAllBytes());
    String said = new String(process.getErrorStream().readAllBytes());
    assertEquals(0, process.onExit().join().exitValue(), said);
    return (Map<?, ?>) new JsonText(report).value();
  }

  @Override
  public void close() {
    server.close();
    redis.destroyForcibly();
    redis.onExit().join();
  }
}
