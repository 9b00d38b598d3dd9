package io.github.restsessions.spring.autoconfigure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.Change;
import io.github.restsessions.JsonText;
import io.github.restsessions.Read;
import io.github.restsessions.Session;
import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.CuttingProxy;
import io.github.restsessions.contract.Servers;
import io.github.restsessions.spring.RestSession;
import io.github.restsessions.spring.RestSessionRepository;
import io.github.restsessions.spring.TokenCookieSerializer;
import io.github.restsessions.store.AttributeException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.session.MapSessionRepository;
import org.springframework.session.SessionRepository;
import org.springframework.session.web.http.CookieSerializer;
import org.springframework.session.web.http.DefaultCookieSerializer;

/** Real applications of Spring Boot, with Spring Security, in Tomcat. */
class RestSessionsAutoConfigurationTest {
  private static final Map<String, String> ANN = Map.of("username", "ann", "password", "secret");

  private final String app = Servers.newApp();
  private final SessionClient client = Servers.client(Servers.on("embedded"), app);

  private Map<String, Object> properties(Map<String, Object> more) {
    Map<String, Object> all = new HashMap<>(more);
    all.putIfAbsent("rest-sessions.url", Servers.on("embedded"));
    all.putIfAbsent("rest-sessions.app", app);
    // As long as a busy machine needs.
    all.putIfAbsent("rest-sessions.timeout", "30s");
    return all;
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void aGuestFillsACartLogsInAndIsLoggedOutEverywhere(String store) {
    SessionClient other = Servers.client(Servers.on(store), app);
    Map<String, Object> two = properties(Map.of("rest-sessions.url", Servers.on(store)));
    try (Boot shop = new Boot(Shop.class, two)) {
      assertEquals("{\"lamps\":1}", shop.get("/cart").body());
      String guest = shop.token;
      assertTrue(guest.matches("[A-Za-z0-9]{40}"), guest);
      other.patch(guest, new Change().set("lamps", 5));
      assertEquals("{\"lamps\":6}", shop.get("/cart").body());
      assertEquals(guest, shop.token);

      assertEquals("/account", location(shop.post("/login", ANN)));
      assertNotEquals(guest, shop.token);
      assertTrue(other.find(guest, Read.ONLY).isEmpty());
      Object account = new JsonText(shop.get("/account").body()).value();
      assertEquals(Map.of("user", "ann", "lamps", 6), account);
      Session session = other.get(shop.token, Read.ONLY);
      assertEquals(Optional.of("ann"), session.subject());
      assertTrue(
          session.data().keySet().stream()
              .allMatch(key -> key.equals("lamps") || key.startsWith("_spring.")),
          session.data().keySet().toString());

      SessionClient own = shop.context.getBean(SessionClient.class);
      assertEquals(1, own.revokeSubject("ann", Optional.empty()));
      assertEquals("/login", location(shop.get("/account")));

      shop.post("/login", ANN);
      String user = shop.token;
      shop.post("/logout", Map.of());
      assertTrue(other.find(user, Read.ONLY).isEmpty());
    }
  }

  private static String location(HttpResponse<?> answer) {
    return answer.headers().firstValue("Location").orElse("").replaceFirst("^http://[^/]*", "");
  }

  @Test
  void aServerThatIsAwayIsAnErrorAndNoLogout(@TempDir Path folder) {
    Servers.Running server = Servers.start(Servers.portToComeBackTo(), folder);
    Map<String, Object> there = properties(Map.of("rest-sessions.url", server.url()));
    try (Boot shop = new Boot(Shop.class, there)) {
      shop.post("/login", ANN);
      String user = shop.token;
      server.close();
      assertTimeout(
          Duration.ofSeconds(60),
          () -> {
            HttpResponse<String> answer = shop.get("/account");
            assertEquals(500, answer.statusCode());
            assertEquals(Optional.empty(), Boot.cookieOf(answer));
          });
      try (Servers.Running back = Servers.start(server.port(), folder)) {
        assertEquals(server.url(), back.url());
        assertEquals(user, shop.token);
        assertTrue(shop.get("/account").body().contains("\"user\":\"ann\""));
      }
    }
  }

  @Test
  void theErrorPageDoesNotAskASecondTime() {
    try (CuttingProxy proxy = new CuttingProxy(Servers.on("embedded"), Integer.MAX_VALUE);
        Boot shop = new Boot(Shop.class, properties(Map.of("rest-sessions.url", proxy.url())))) {
      shop.token = "a-token-of-some-framework-01";
      assertEquals(500, shop.get("/account").statusCode());
      // A read whose connection breaks is sent once more.
      assertEquals(2, proxy.requests());
    }
  }

  @Test
  void bootsOwnPropertiesChangeTimeoutAndCookie() {
    Map<String, Object> changed =
        Map.of(
            "spring.session.timeout", "7m",
            "server.servlet.session.cookie.same-site", "strict",
            "server.servlet.session.cookie.path", "/shop",
            "server.servlet.session.cookie.max-age", "1h");
    try (Boot shop = new Boot(Shop.class, properties(changed))) {
      String cookie = Boot.cookieOf(shop.get("/cart")).orElseThrow();
      assertTrue(cookie.contains("Max-Age=") && cookie.contains("HttpOnly"), cookie);
      assertTrue(cookie.contains("Path=/shop") && cookie.contains("SameSite=Strict"), cookie);
      Session session = client.get(shop.token, Read.ONLY);
      assertEquals(Optional.of(Duration.ofMinutes(7)), session.idleTimeout());
    }
  }

  @Test
  void withoutThePropertyNothingIsDone() {
    try (Boot shop = new Boot(Shop.class, Map.of())) {
      assertEquals(0, shop.context.getBeanNamesForType(SessionRepository.class).length);
      assertEquals(0, shop.context.getBeanNamesForType(SessionClient.class).length);
      assertEquals(200, shop.get("/cart").statusCode());
    }
  }

  @Configuration
  @EnableAutoConfiguration
  static class WithItsOwn {
    @Bean
    SessionRepository<?> repository() {
      return new MapSessionRepository(new HashMap<>());
    }
  }

  @Configuration
  @EnableAutoConfiguration
  static class WithItsOwnCookie {
    @Bean
    CookieSerializer cookie() {
      return new DefaultCookieSerializer();
    }
  }

  @Test
  void whatAnApplicationHasOfItsOwnStays() {
    try (Boot own = new Boot(WithItsOwn.class, properties(Map.of()))) {
      assertEquals(0, own.context.getBeanNamesForType(RestSessionRepository.class).length);
    }
    try (Boot own = new Boot(WithItsOwnCookie.class, properties(Map.of()))) {
      assertEquals(1, own.context.getBeanNamesForType(RestSessionRepository.class).length);
      assertEquals(0, own.context.getBeanNamesForType(TokenCookieSerializer.class).length);
    }
  }

  @Test
  void aWrongPropertyIsNamedWhenTheApplicationStarts() {
    Map<String, String> wrong = Map.of("rest-sessions.app", "a", "rest-sessions.timeout", "0s");
    wrong.forEach(
        (name, value) -> {
          Map<String, Object> with = properties(Map.of(name, value));
          Throwable fault =
              assertThrows(BeanCreationException.class, () -> new Boot(Shop.class, with).close());
          while (fault.getCause() != null) fault = fault.getCause();
          assertTrue(
              fault.getMessage().startsWith(name.substring(14) + " must"), fault.getMessage());
        });
  }

  @Test
  void theSettingsGoWhereTheyBelong() {
    Map<String, Object> set =
        Map.of("rest-sessions.flush-mode", "immediate", "rest-sessions.serial-filter", "!*");
    try (Boot shop = new Boot(Shop.class, properties(set))) {
      RestSessionRepository repository = shop.context.getBean(RestSessionRepository.class);
      assertTrue(client.find(repository.createSession().getId(), Read.ONLY).isPresent());
      shop.post("/login", ANN);
      RestSession session = repository.findById(shop.token);
      assertThrows(AttributeException.class, () -> session.getAttribute("SPRING_SECURITY_CONTEXT"));
      RestSessionsProperties read = shop.context.getBean(RestSessionsProperties.class);
      assertEquals(Duration.ofSeconds(30), read.timeout());
      assertEquals(Duration.ofSeconds(30), read.touchInterval());
      assertFalse(read.toString().contains("key"));
    }
  }

  @Test
  void everyPropertyIsDescribedForEditors() throws IOException {
    String path = "/META-INF/spring-configuration-metadata.json";
    try (InputStream in = RestSessionsProperties.class.getResourceAsStream(path)) {
      Map<?, ?> metadata =
          (Map<?, ?>) new JsonText(new String(in.readAllBytes(), StandardCharsets.UTF_8)).value();
      List<?> described = (List<?>) metadata.get("properties");
      assertEquals(RestSessionsProperties.class.getRecordComponents().length, described.size());
      for (Object each : described)
        assertTrue(((Map<?, ?>) each).get("description").toString().endsWith("."), each.toString());
    }
  }
}
