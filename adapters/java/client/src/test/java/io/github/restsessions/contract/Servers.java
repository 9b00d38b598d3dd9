package io.github.restsessions.contract;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.restsessions.JsonText;
import io.github.restsessions.Options;
import io.github.restsessions.SessionClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The servers that with-servers.mjs has started, and others that a test may end. */
public final class Servers {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Servers() {}

  /** A part of the environment that with-servers.mjs makes. */
  public static String environment(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty())
      fail(name + " is not set: run the tests by node adapters/contract/with-servers.mjs");
    return value;
  }

  public static String contract() {
    return environment("REST_SESSIONS_CONTRACT");
  }

  /** The real server on a store: embedded or redis. Skips the test where there is no Redis. */
  public static String on(String store) {
    if (store.equals("embedded")) return environment("REST_SESSIONS_EMBEDDED");
    String url = System.getenv("REST_SESSIONS_REDIS");
    assumeTrue(url != null, "there is no redis-server here");
    return url;
  }

  /** An app of a test's own. */
  public static String newApp() {
    return "j" + UUID.randomUUID().toString().substring(0, 18);
  }

  public static SessionClient client(String store) {
    return client(on(store), newApp());
  }

  /** One that waits as long as a busy machine needs. */
  public static SessionClient client(String url, String app) {
    return new SessionClient(Options.of(url, app).timeout(Duration.ofSeconds(30)));
  }

  /** Asks a server as any other stack would. Gives the answer's JSON. */
  public static Object ask(String method, String url, Map<String, String> headers, String body) {
    return new JsonText(text(method, url, headers, body).body()).value();
  }

  public static HttpResponse<String> text(
      String method, String url, Map<String, String> headers, String body) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    if (body == null) request.method(method, BodyPublishers.noBody());
    else
      request
          .method(method, BodyPublishers.ofString(body))
          .header("Content-Type", "application/json");
    headers.forEach(request::header);
    try {
      return HTTP.send(request.build(), BodyHandlers.ofString());
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  /**
   * Gives a port at which a server that a test ends can come back: nobody else gets it meanwhile.
   */
  public static int portToComeBackTo() {
    return Integer.parseInt(environment("REST_SESSIONS_PORT"));
  }

  /**
   * Starts a server that a test may end, on a port (0 for a free one), with a store in a folder.
   * Its app {@code heard} has events.
   */
  public static Running start(int port, Path folder) {
    List<String> command = new ArrayList<>();
    Object words = new JsonText(environment("REST_SESSIONS_COMMAND")).value();
    for (Object word : (List<?>) words) command.add((String) word);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> !name.equals("PATH"));
    builder.environment().put("RS_PORT", String.valueOf(port));
    builder.environment().put("RS_STORE", "lmdb:" + folder.resolve("data"));
    Path policy = folder.resolve("policy.json");
    builder.environment().put("RS_CONFIG", policy.toString());
    try {
      Files.writeString(policy, "{\"apps\": {\"heard\": {\"events\": true}}}");
      return new Running(builder.start());
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  /** A server of a test's own. */
  public static final class Running implements AutoCloseable {
    private static final Pattern LISTENS = Pattern.compile("listens on (http:\\S+)");

    private final Process process;
    private final String url;

    private Running(Process process) throws IOException {
      this.process = process;
      BufferedReader lines = process.inputReader();
      StringBuilder said = new StringBuilder();
      String found = null;
      for (String line = lines.readLine(); line != null && found == null; line = lines.readLine()) {
        said.append(line).append('\n');
        Matcher matcher = LISTENS.matcher(line);
        if (matcher.find()) {
          found = matcher.group(1);
          break;
        }
      }
      if (found == null) fail("the server ended before it listened:\n" + said);
      this.url = found;
      // What nobody reads would stop the server once the pipe is full.
      Thread reader = new Thread(() -> lines.lines().forEach(line -> {}));
      reader.setDaemon(true);
      reader.start();
    }

    public String url() {
      return url;
    }

    public int port() {
      return URI.create(url).getPort();
    }

    /** Ends it at once. */
    @Override
    public void close() {
      process.destroyForcibly();
      process.onExit().join();
    }
  }
}
