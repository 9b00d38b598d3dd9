package io.github.restsessions.moving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.JsonText;
import io.github.restsessions.Read;
import io.github.restsessions.Session;
import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.Servers;
import io.github.restsessions.spring.RestSession;
import io.github.restsessions.spring.RestSessionRepository;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.serializer.GenericJackson2JsonRedisSerializer;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.SessionRepository;
import org.springframework.session.data.redis.RedisIndexedSessionRepository;

/** Whoever has Spring Session on Redis moves to our server, and nobody logs in again. */
class SpringSessionMovesTest {
  @TempDir Path folder;

  /** The cookie that the application has set last; null for none. */
  private String cookie;

  private ConfigurableApplicationContext start(Map<String, Object> properties) {
    Map<String, Object> all = new HashMap<>(properties);
    all.put("server.port", 0);
    all.put("server.address", "127.0.0.1");
    all.put("logging.level.root", "error");
    all.put("spring.main.banner-mode", "off");
    all.put("server.servlet.session.cookie.name", "SESSION");
    return new SpringApplicationBuilder(Shop.class).properties(all).run();
  }

  private HttpResponse<String> ask(
      ConfigurableApplicationContext application, String method, String path) {
    int port = application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    Map<String, String> headers = cookie == null ? Map.of() : Map.of("Cookie", "SESSION=" + cookie);
    HttpResponse<String> answer =
        Servers.text(method, "http://127.0.0.1:" + port + path, headers, null);
    for (String set : answer.headers().allValues("Set-Cookie"))
      if (set.startsWith("SESSION=")) cookie = set.substring("SESSION=".length(), set.indexOf(';'));
    return answer;
  }

  @ParameterizedTest
  @ValueSource(strings = {"indexed", "default"})
  void whoIsLoggedInStaysSoWithAllValues(String type) throws Exception {
    try (Place place = new Place(folder)) {
      Map<String, Object> before = new HashMap<>();
      before.put("spring.data.redis.url", place.redisUrl());
      before.put("spring.session.redis.repository-type", type);
      Object seen;
      try (ConfigurableApplicationContext old = start(before)) {
        ask(old, "GET", "/fill");
        ask(old, "POST", "/login?username=ann&password=secret");
        HttpResponse<String> account = ask(old, "GET", "/account");
        assertEquals(200, account.statusCode());
        seen = new JsonText(account.body()).value();
      }
      Map<?, ?> report = place.imports();
      assertEquals(1, report.get("taken"), report::toString);
      assertEquals(List.of(), report.get("left"));

      SessionClient client = Servers.client(place.server.url(), place.app);
      Session moved = client.get(cookie, Read.ONLY);
      assertEquals(Optional.of("ann"), moved.subject());
      assertEquals(Optional.of(Duration.ofHours(1)), moved.idleTimeout());
      assertTrue(!moved.createdAt().isAfter(moved.lastSeenAt()));

      String kept = cookie;
      Map<String, Object> after = new HashMap<>();
      after.put("rest-sessions.url", place.server.url());
      after.put("rest-sessions.app", place.app);
      after.put("rest-sessions.timeout", "30s");
      try (ConfigurableApplicationContext now = start(after)) {
        HttpResponse<String> account = ask(now, "GET", "/account");
        assertEquals(200, account.statusCode());
        assertEquals(seen, new JsonText(account.body()).value());
        assertEquals("ann", ((Map<?, ?>) seen).get("user"));
        assertEquals(kept, cookie);
        ask(now, "POST", "/logout");
        assertTrue(client.find(kept, Read.ONLY).isEmpty());
      }
    }
  }

  private static RedisIndexedSessionRepository repository(
      LettuceConnectionFactory connections, RedisSerializer<Object> serializer) {
    RedisTemplate<String, Object> template = new RedisTemplate<>();
    template.setKeySerializer(RedisSerializer.string());
    template.setHashKeySerializer(RedisSerializer.string());
    template.setConnectionFactory(connections);
    if (serializer != null) template.setDefaultSerializer(serializer);
    template.afterPropertiesSet();
    RedisIndexedSessionRepository repository = new RedisIndexedSessionRepository(template);
    if (serializer != null) repository.setDefaultSerializer(serializer);
    repository.setCleanupCron("-");
    repository.afterPropertiesSet();
    return repository;
  }

  private static <S extends org.springframework.session.Session> String saved(
      SessionRepository<S> repository, Map<String, ?> attributes, Duration interval) {
    S session = repository.createSession();
    attributes.forEach(session::setAttribute);
    session.setMaxInactiveInterval(interval);
    repository.save(session);
    return session.getId();
  }

  private static String token(String id) {
    return Base64.getEncoder().encodeToString(id.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whatJavaHasSerializedIsToTheLetterWhatOurRepositoryWrites() throws Exception {
    try (Place place = new Place(folder)) {
      LettuceConnectionFactory connections = new LettuceConnectionFactory("127.0.0.1", place.port);
      connections.afterPropertiesSet();
      connections.start();
      Map<String, Object> attributes = new HashMap<>(Values.all());
      attributes.put(FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME, "ann@example.com");
      RedisIndexedSessionRepository old = repository(connections, null);
      String id = saved(old, attributes, Duration.ofMinutes(30));
      String never = saved(old, Map.of("a", 1), Duration.ofSeconds(-1));
      String gone = saved(old, Map.of("a", 1), Duration.ofMillis(1));
      connections.destroy();

      Map<?, ?> report = place.imports();
      assertEquals(2, report.get("taken"), report::toString);
      for (String each : List.of(id, never, gone))
        assertTrue(!report.toString().contains(each), "a token is never told");
      SessionClient client = Servers.client(place.server.url(), place.app);
      RestSessionRepository ours = new RestSessionRepository(client);
      String written = saved(ours, attributes, Duration.ofMinutes(30));
      Map<String, JsonText> wanted = client.get(written, Read.ONLY).data();
      Map<String, JsonText> moved = client.get(token(id), Read.ONLY).data();
      assertEquals(texts(wanted), texts(moved));
      assertEquals(Optional.of("ann@example.com"), client.get(token(id), Read.ONLY).subject());
      assertNotNull(ours.findById(token(never)));
      assertNull(ours.findById(token(gone)));
      assertNull(ours.findById(id), "the id itself is not what the cookie has");
    }
  }

  private static Map<String, String> texts(Map<String, JsonText> data) {
    Map<String, String> texts = new java.util.TreeMap<>();
    data.forEach((name, text) -> texts.put(name, text.text()));
    return texts;
  }

  @Test
  void whatJacksonHasWrittenComesBackWithItsTypes() throws Exception {
    try (Place place = new Place(folder)) {
      LettuceConnectionFactory connections = new LettuceConnectionFactory("127.0.0.1", place.port);
      connections.afterPropertiesSet();
      connections.start();
      RedisIndexedSessionRepository old =
          repository(connections, new GenericJackson2JsonRedisSerializer());
      Map<String, Object> attributes = new HashMap<>(Values.plain());
      attributes.put("basket", new Basket("ann", new ArrayList<>()));
      attributes.put(FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME, "ann");
      String id = saved(old, attributes, Duration.ofMinutes(30));
      String login =
          saved(
              old,
              Map.of(
                  "SPRING_SECURITY_CONTEXT",
                  new SecurityContextImpl(new TestingAuthenticationToken("bob", null))),
              Duration.ofMinutes(30));
      // Jackson itself does not keep every type: what the application has had is what it gets.
      Map<String, String> had = new HashMap<>();
      org.springframework.session.Session read = old.findById(id);
      for (String name : Values.plain().keySet())
        had.put(name, Values.shown(read.getAttribute(name)));
      connections.destroy();

      Map<?, ?> report = place.imports("--cookie=raw");
      assertEquals(1, report.get("taken"), report::toString);
      Map<String, Object> left = new HashMap<>();
      for (Object each : (List<?>) report.get("left"))
        left.put((String) ((Map<?, ?>) each).get("reason"), ((Map<?, ?>) each).get("count"));
      // A record is final, so Jackson has noted no class of it: it can be nothing but a map of its
      // own.
      assertEquals(Map.of("value", 1, "only_java", 1), left, report::toString);
      SessionClient client = Servers.client(place.server.url(), place.app);
      RestSession moved = new RestSessionRepository(client).findById(id);
      for (String name : Values.plain().keySet())
        assertEquals(had.get(name), Values.shown(moved.getAttribute(name)), name);
      assertEquals(Optional.of("ann"), client.get(id, Read.ONLY).subject());
      assertTrue(client.find(login, Read.ONLY).isEmpty());
    }
  }
}
