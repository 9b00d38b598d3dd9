package io.github.restsessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.github.restsessions.contract.CuttingProxy;
import io.github.restsessions.contract.Servers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionClientTest {
  private static final String CHOSEN = "a-token-of-some-framework-01";

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void lifeOfASession(String store) {
    SessionClient client = Servers.client(store);
    NewSession begun = new NewSession().subject("Zoë/1").data("cart", Map.of("lamp", 1));
    TokenAndSession made =
        client.create(begun.ip("192.0.2.1").userAgent("test").idleTimeout(Duration.ofMinutes(9)));
    assertEquals(Optional.of(Duration.ofMinutes(9)), made.session().idleTimeout());
    assertFalse(made.toString().contains(made.token()));
    Session changed =
        client.patch(made.token(), new Change().set("theme", "dark").unset("cart").label("laptop"));
    assertEquals(Map.of("theme", new JsonText("\"dark\"")), changed.data());
    assertEquals(Optional.of("laptop"), changed.label());
    TokenAndSession rotated =
        client.rotate(made.token(), new Rotation().grace(Duration.ZERO).data("a", 1));
    assertTrue(client.find(made.token(), Read.ONLY).isEmpty());
    Session read = client.get(rotated.token(), Read.AND_TOUCH);
    assertEquals(made.session().id(), read.id());
    assertEquals(Optional.of("Zoë/1"), read.subject());
    assertTrue(read.expiresAt().isPresent());
    List<Optional<Session>> active = client.verify(List.of(rotated.token(), made.token()));
    assertEquals(List.of(true, false), active.stream().map(Optional::isPresent).toList());
    assertEquals(1, client.listSubject("Zoë/1", Optional.empty()).sessions().size());
    assertEquals(1, client.list(Optional.empty()).sessions().size());
    assertEquals(0, client.revokeSubject("Zoë/1", Optional.of(read.id())));
    assertEquals(1, client.revokeSubject("Zoë/1", Optional.empty()));
    assertFalse(client.revoke(rotated.token()));
    assertTrue(client.findById(read.id()).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void tokensThatACallerChose(String store) {
    SessionClient client = Servers.client(store);
    assertRefused("version_mismatch", () -> put(client, Condition.ONLY_EXISTING));
    put(client, Condition.ONLY_NEW);
    assertRefused("version_mismatch", () -> put(client, Condition.ONLY_NEW));
    put(client, Condition.ONLY_EXISTING);
    put(client, Condition.NONE);
    assertEquals(1, client.replaceData(CHOSEN, Map.of("b", 2)).data().size());
    String id = client.touch(CHOSEN).id();
    assertTrue(client.revokeById(id));
    assertFalse(client.revokeById(id));
  }

  private static void put(SessionClient client, Condition condition) {
    client.put(CHOSEN, new NewSession(), condition);
  }

  private static void assertRefused(String code, Runnable call) {
    assertEquals(code, assertThrows(SessionException.class, call::run).code());
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void eightThreadsAtOnceLoseNothing(String store) {
    SessionClient client = Servers.client(store);
    String token = client.create(new NewSession()).token();
    List<CompletableFuture<Session>> writes =
        IntStream.range(0, 40)
            .mapToObj(i -> client.async().patch(token, new Change().set("key" + i, i)))
            .toList();
    writes.forEach(CompletableFuture::join);
    assertEquals(40, client.get(token, Read.ONLY).data().size());
  }

  @Test
  void wrongOptionsAreNamed() {
    String url = "http://127.0.0.1";
    Map<String, Options> wrong =
        Map.of(
            "url must be", Options.of("127.0.0.1:3000", "shop"),
            "url must have", Options.of("http://user@127.0.0.1", "shop"),
            "app must be", Options.of(url, "a"),
            "key must be", Options.of(url, "shop").key("a\nb"),
            "timeout must be", Options.of(url, "shop").timeout(Duration.ZERO));
    wrong.forEach(
        (message, options) -> {
          SessionException fault =
              assertThrows(
                  SessionConfigurationException.class, () -> new SessionClient(options), message);
          assertTrue(fault.getMessage().startsWith(message), fault.getMessage());
        });
  }

  @Test
  void malformedTokensCostNoRequest() {
    SessionClient client = Servers.client("http://127.0.0.1:9", "shop");
    for (String token : List.of("", "a b", "../x", "ä".repeat(30), "a".repeat(257), "a\r\nb")) {
      assertThrows(SessionNotFoundException.class, () -> client.get(token, Read.ONLY));
      assertFalse(client.revoke(token));
    }
    for (String subject : List.of("", ".", ".."))
      assertThrows(
          IllegalArgumentException.class, () -> client.revokeSubject(subject, Optional.empty()));
  }

  @Test
  void tooMuchDataIsSaid() {
    SessionClient client = Servers.client("embedded");
    NewSession large = new NewSession().data("a", "x".repeat(1 << 20));
    SessionException fault = assertThrows(SessionException.class, () -> client.create(large));
    assertEquals(413, fault.status());
    assertFalse(fault.isRetryable());
    assertFalse(fault instanceof SessionNotFoundException);
  }

  @Test
  void wrongValuesAreNamed() {
    SessionClient client = Servers.client("embedded");
    SessionException fault =
        assertThrows(SessionException.class, () -> client.create(new NewSession().subject("")));
    assertEquals("/subject", fault.faults().get(0).at());
  }

  @Test
  void aCreateWhoseAnswerWasLostIsDoneOnce() {
    String app = Servers.newApp();
    SessionClient direct = Servers.client(Servers.on("embedded"), app);
    try (CuttingProxy proxy = new CuttingProxy(Servers.on("embedded"), 1)) {
      String token = Servers.client(proxy.url(), app).create(new NewSession()).token();
      assertEquals(2, proxy.requests());
      assertTrue(direct.find(token, Read.ONLY).isPresent());
      assertEquals(1, direct.list(Optional.empty()).sessions().size());
    }
  }

  @Test
  void aWriteWhoseAnswerWasLostIsNotSentAgain() {
    String app = Servers.newApp();
    SessionClient direct = Servers.client(Servers.on("embedded"), app);
    String token = direct.create(new NewSession()).token();
    try (CuttingProxy proxy = new CuttingProxy(Servers.on("embedded"), 1)) {
      SessionClient client = Servers.client(proxy.url(), app);
      SessionException fault =
          assertThrows(
              SessionServerLostException.class,
              () -> client.patch(token, new Change().set("a", 1)));
      assertFalse(fault.isRetryable());
      assertEquals(1, proxy.requests());
      assertEquals(2, direct.get(token, Read.ONLY).version());
    }
  }

  @Test
  void serverAwayAndBack(@TempDir Path folder) {
    Servers.Running server = Servers.start(Servers.portToComeBackTo(), folder);
    SessionClient client = Servers.client(server.url(), "away");
    String token = client.create(new NewSession()).token();
    server.close();
    assertTimeout(
        Duration.ofSeconds(60),
        () ->
            assertThrows(
                SessionServerLostException.class, () -> client.get(token, Read.AND_TOUCH)));
    try (Servers.Running back = Servers.start(server.port(), folder)) {
      assertEquals(server.url(), back.url());
      assertEquals(1, client.get(token, Read.ONLY).version());
    }
  }

  @Test
  void aServerThatIsSilentIsTooSlow() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + silent.getLocalPort();
      Options options = Options.of(url, "shop").timeout(Duration.ofMillis(200));
      SessionClient client = new SessionClient(options);
      SessionException late =
          assertThrows(SessionTimeoutException.class, () -> client.get(CHOSEN, Read.ONLY));
      assertEquals("timeout", late.code());
      ExecutionException failed =
          assertThrows(ExecutionException.class, () -> client.async().get(CHOSEN, Read.ONLY).get());
      assertInstanceOf(SessionTimeoutException.class, failed.getCause());
    }
  }

  @Test
  void whatIsNoSessionServerIsSaidWithoutTheToken() {
    SessionException fault =
        assertThrows(
            SessionConfigurationException.class,
            () -> Servers.client(Servers.contract(), "shop").get(CHOSEN, Read.ONLY));
    assertEquals("not_rest_sessions", fault.code());
    assertFalse(fault.getMessage().contains(CHOSEN));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"status\":\"maintenance\"}",
        "{}",
        "[]",
        "null",
        "{\"results\":[]}",
        "{\"results\":[{}]}",
        "{\"results\":[{\"active\":true}]}",
        "{\"results\":[{\"active\":false},{\"active\":false}]}"
      })
  void jsonOfAStrangerIsNoAnswer(String body) throws IOException {
    HttpServer stranger = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    stranger.createContext(
        "/",
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, body.length());
          exchange.getResponseBody().write(body.getBytes(StandardCharsets.US_ASCII));
          exchange.close();
        });
    stranger.start();
    try {
      SessionClient client =
          Servers.client("http://127.0.0.1:" + stranger.getAddress().getPort(), "shop");
      List<Executable> calls =
          List.of(
              () -> client.create(new NewSession()),
              () -> client.get(CHOSEN, Read.ONLY),
              () -> client.revoke(CHOSEN),
              () -> client.revokeSubject("ann", Optional.empty()),
              () -> client.list(Optional.empty()),
              () -> client.verify(List.of(CHOSEN)),
              () -> client.history("ann"),
              () -> client.eventPage(new EventQuery()));
      for (Executable call : calls) {
        SessionException fault = assertThrows(SessionConfigurationException.class, call);
        assertEquals("not_rest_sessions", fault.code());
      }
    } finally {
      stranger.stop(0);
    }
  }
}
