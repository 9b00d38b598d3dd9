package io.github.restsessions.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.NewSession;
import io.github.restsessions.Read;
import io.github.restsessions.Rotation;
import io.github.restsessions.Session;
import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.Site.Answer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What goes wrong between an application in Tomcat and the real server. Each session layer has it.
 */
public abstract class SiteFaults {
  /** Gives an application whose sessions a client has. */
  protected abstract TomcatSite site(SessionClient client);

  private static String begin(Site site) {
    Answer answer = site.visit((String) null, deeds -> deeds.set("cart", Map.of("lamp", 1)));
    assertEquals("well", answer.ends());
    assertEquals(1, answer.cookies().size());
    return answer.cookies().get(0);
  }

  @Test
  void serverAwayIsAnErrorThatKeepsTheCookieAndBackWorksAgain(@TempDir Path folder) {
    Servers.Running server = Servers.start(Servers.portToComeBackTo(), folder);
    Site site = site(Servers.client(server.url(), "away"));
    String token = begin(site);
    server.close();
    assertTimeout(
        Duration.ofSeconds(60),
        () -> {
          Answer answer = site.visit(token, deeds -> deeds.see("cart"));
          assertEquals(new Answer("error", List.of()), answer);
          Answer begun = site.visit((String) null, deeds -> deeds.set("cart", 1));
          assertEquals(new Answer("error", List.of()), begun);
        });
    try (Servers.Running back = Servers.start(server.port(), folder)) {
      assertEquals(server.url(), back.url());
      List<Object> seen = new ArrayList<>();
      assertEquals("well", site.visit(token, deeds -> seen.add(deeds.see("cart"))).ends());
      assertEquals(List.of(Map.of("lamp", 1)), seen);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void endedBetweenReadAndWriteIsToldAndNotRevived(String store) {
    SessionClient client = Servers.client(store);
    Site site = site(client);
    String token = begin(site);
    Answer answer =
        site.visit(
            token,
            deeds -> {
              deeds.see("cart");
              client.revoke(token);
              deeds.set("cart", 2);
            });
    assertEquals("told", answer.ends());
    assertEquals(0, client.list(Optional.empty()).sessions().size());
    Answer next = site.visit(token, deeds -> assertNull(deeds.see("cart")));
    assertEquals("well", next.ends());
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void rotatedMeanwhileIsToldAndTheNewTokenKeepsTheData(String store) {
    SessionClient client = Servers.client(store);
    Site site = site(client);
    String token = begin(site);
    List<String> rotated = new ArrayList<>();
    Answer answer =
        site.visit(
            token,
            deeds -> {
              deeds.see("cart");
              rotated.add(client.rotate(token, new Rotation().grace(Duration.ZERO)).token());
              deeds.set("cart", 2);
            });
    assertEquals("told", answer.ends());
    site.visit(rotated.get(0), deeds -> assertEquals(Map.of("lamp", 1), deeds.see("cart")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void theTokenOfAnotherAppOpensNothingAndIsNotTakenOver(String store) {
    Site site = site(Servers.client(store));
    String foreign = Servers.client(store).create(new NewSession().data("cart", 1)).token();
    Answer answer =
        site.visit(
            foreign,
            deeds -> {
              assertNull(deeds.see("cart"));
              deeds.set("cart", 2);
            });
    assertEquals("well", answer.ends());
    assertNotEquals(foreign, answer.cookies().get(0));
  }

  @Test
  void garbageCookiesCostNoRequest() {
    Site site = site(Servers.client("http://127.0.0.1:9", "shop"));
    for (String garbage : List.of("", "../x", "a b", "%00", "ä".repeat(30), "a".repeat(257), "\""))
      assertEquals("well", site.visit(garbage, deeds -> assertNull(deeds.see("cart"))).ends());
  }

  @Test
  void aMebibyteOfDataIsAnErrorThatChangesNothing() {
    SessionClient client = Servers.client("embedded");
    Site site = site(client);
    String token = begin(site);
    Answer answer = site.visit(token, deeds -> deeds.set("cart", "x".repeat(1 << 20)));
    assertEquals(new Answer("error", List.of()), answer);
    assertEquals(1, client.get(token, Read.ONLY).version());
  }

  @Test
  void aFirstWriteWhoseAnswerWasLostIsNoSecondSession() {
    String app = Servers.newApp();
    SessionClient direct = Servers.client(Servers.on("embedded"), app);
    try (CuttingProxy proxy = new CuttingProxy(Servers.on("embedded"), 1)) {
      Site site = site(Servers.client(proxy.url(), app));
      Answer answer = site.visit((String) null, deeds -> deeds.set("cart", 1));
      assertEquals(new Answer("error", List.of()), answer);
      assertEquals(1, direct.list(Optional.empty()).sessions().size());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void eightThreadsAtOnceLoseNothing(String store) {
    SessionClient client = Servers.client(store);
    String token = begin(site(client));
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<CompletableFuture<Void>> visits =
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    CompletableFuture.runAsync(
                        () -> {
                          TomcatSite each = site(client);
                          assertEquals(
                              "well", each.visit(token, deeds -> deeds.set("key" + i, i)).ends());
                        },
                        threads))
            .toList();
    visits.forEach(CompletableFuture::join);
    threads.shutdown();
    assertEquals(41, client.get(token, Read.ONLY).data().size());
  }

  @Test
  void theCookieIsSecureOverHttps() {
    TomcatSite site = site(Servers.client("embedded"));
    Map<String, String> overHttps = Map.of("X-Forwarded-Proto", "https");
    List<String> cookies =
        site.answer(overHttps, deeds -> deeds.set("a", 1)).headers().allValues("Set-Cookie");
    assertEquals(1, cookies.size());
    String cookie = cookies.get(0);
    assertTrue(
        cookie.matches("__Host-session=[A-Za-z0-9]{40}; .*Secure.*") && !cookie.contains("Domain"),
        cookie);
    String token = cookie.substring(cookie.indexOf('=') + 1, cookie.indexOf(';'));
    List<Object> seen = new ArrayList<>();
    Map<String, String> again =
        Map.of("X-Forwarded-Proto", "https", "Cookie", "__Host-session=" + token);
    site.visit(again, deeds -> seen.add(deeds.see("a")));
    assertEquals(List.of(1), seen);
  }

  @Test
  void theDeviceIsNotedWhereTheRequestIsKnown() {
    SessionClient client = Servers.client("embedded");
    TomcatSite site = site(client);
    site.visit(Map.of("User-Agent", "a browser"), deeds -> deeds.set("a", 1));
    Session session = client.list(Optional.empty()).sessions().get(0);
    assertEquals(Optional.of("127.0.0.1"), session.ip());
    assertEquals(Optional.of("a browser"), session.userAgent());
  }
}
