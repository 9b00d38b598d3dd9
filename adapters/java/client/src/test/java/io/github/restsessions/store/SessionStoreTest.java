package io.github.restsessions.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.Change;
import io.github.restsessions.JsonText;
import io.github.restsessions.NewSession;
import io.github.restsessions.Read;
import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.Servers;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.Serializable;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionStoreTest {
  private record Cart(String owner, int lamps) implements Serializable {}

  private final SessionClient client = Servers.client("embedded");
  private final SessionStore store = new SessionStore(client, new StoreSettings("plain"));

  @Test
  void valuesOfJavaComeBackAsTheyWereAndAreSharedWhereJsonHasThem() {
    Map<String, Object> shared = new LinkedHashMap<>();
    shared.put("text", "ä😀\0");
    shared.put("long", 5L);
    shared.put("large", 10_000_000_000L);
    shared.put("short", (short) 5);
    shared.put("byte", (byte) 5);
    shared.put("integer", BigInteger.TEN);
    shared.put("float", 0.1f);
    shared.put("double", 1e21);
    shared.put("char", 'ä');
    shared.put("instant", Instant.parse("2026-11-28T12:34:56.789Z"));
    shared.put("date", new Date(1234567890123L));
    shared.put("day", LocalDate.of(2026, 11, 28));
    shared.put("time", LocalDateTime.of(2026, 11, 28, 12, 34));
    shared.put("uuid", UUID.randomUUID());
    shared.put("list", List.of(1L, 2L, 10_000_000_000L));
    shared.put("map", Map.of("id", 7L, "name", "lamp", "tags", Set.of("a"), "at", Instant.EPOCH));
    shared.put("set", Set.of(1, 2));
    shared.put("empty", new ArrayList<>(List.of(List.of(), Map.of(), Set.of())));
    Map<String, Object> own = new LinkedHashMap<>();
    own.put("half", "a\ud800");
    own.put("nan", Double.NaN);
    own.put("tree", new TreeMap<>(Map.of("b", 1)));
    own.put("linked", new LinkedList<>(List.of(1)));
    own.put("numbers", new HashMap<>(Map.of(1, 2)));
    own.put("object", new Cart("ann", 2));
    own.put("_private", List.of("x"));

    StoredSession session = store.begin();
    shared.forEach(session::set);
    own.forEach(session::set);
    session.set("bytes", new byte[] {0, 1, -1});
    store.save(session);
    Map<String, JsonText> data = client.get(session.token(), Read.ONLY).data();
    StoredSession again = store.find(session.token()).orElseThrow();
    assertEquals(shared.size() + own.size() + 1, again.names().size());
    shared.forEach(
        (name, value) -> {
          assertTrue(data.containsKey(name), name);
          assertSame(value, again.get(name));
        });
    own.forEach(
        (name, value) -> {
          assertTrue(data.containsKey("_plain." + name), name);
          assertTrue(!data.containsKey(name), name);
          assertSame(value, again.get(name));
        });
    assertArrayEquals(new byte[] {0, 1, -1}, (byte[]) again.get("bytes"));
    assertEquals("\"AAH/\"", data.get("bytes").text());
    assertEquals(1L, ((List<?>) again.get("list")).get(0));
    assertEquals(7L, ((Map<?, ?>) again.get("map")).get("id"));
    assertEquals("5", data.get("long").text());
    // All of it was read, and nothing changed.
    store.save(again);
    assertEquals(1, client.get(session.token(), Read.ONLY).version());
  }

  private static void assertSame(Object value, Object again) {
    assertEquals(value, again);
    if (value instanceof Number) assertEquals(value.getClass(), again.getClass());
  }

  @Test
  void whatAnotherStackWroteSinceCounts() {
    StoredSession session = store.begin();
    session.set("id", 5L);
    session.set("cart", new Cart("ann", 1));
    session.set("gone", 7L);
    store.save(session);
    client.patch(
        session.token(),
        new Change()
            .set("id", "five")
            .set("cart", List.of("lamp"))
            .unset("gone")
            .set("none", null));
    StoredSession again = store.find(session.token()).orElseThrow();
    assertEquals("five", again.get("id"));
    assertEquals(List.of("lamp"), again.get("cart"));
    assertNull(again.get("gone"));
    assertNull(again.get("none"));
    assertEquals(Set.of("id", "cart"), again.names());
    store.save(again);
    assertEquals(2, client.get(session.token(), Read.ONLY).version());
    again.set("cart", new Cart("ann", 2));
    again.set("id", null);
    store.save(again);
    Map<String, JsonText> data = client.get(session.token(), Read.ONLY).data();
    assertEquals(Set.of("none", "_plain.cart", "_plain.gone"), data.keySet());
  }

  @Test
  void whatCannotBeKeptOrReadIsNamed() {
    StoredSession session = store.begin();
    session.set("lock", new Object());
    AttributeException fault = assertThrows(AttributeException.class, () -> store.save(session));
    assertTrue(fault.getMessage().startsWith("lock cannot be kept: java.lang.Object"));
    session.set("lock", new Cart("ann", 1));
    store.save(session);
    ObjectInputFilter filter = ObjectInputFilter.Config.createFilter("java.base/*;!*");
    SessionStore narrow = new SessionStore(client, new StoreSettings("plain").filter(filter));
    StoredSession narrowed = narrow.find(session.token()).orElseThrow();
    assertThrows(AttributeException.class, () -> narrowed.get("lock"));
    // The page that cannot read it does not lose it either.
    narrowed.set("theme", "dark");
    narrow.save(narrowed);
    assertEquals(new Cart("ann", 1), store.find(session.token()).orElseThrow().get("lock"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void aKeyThatIsNotTouchedStaysToTheLetter(String on) throws IOException {
    SessionClient other = Servers.client(on);
    SessionStore onStore = new SessionStore(other, new StoreSettings("plain"));
    Path file = Path.of("../../contract/data.json");
    List<?> cases = (List<?>) new JsonText(Files.readString(file)).value();
    NewSession begun = new NewSession();
    for (Object each : cases) {
      Map<?, ?> of = (Map<?, ?>) each;
      begun.data((String) of.get("name"), new JsonText((String) of.get("json")));
    }
    String token = other.create(begun).token();
    StoredSession session = onStore.find(token).orElseThrow();
    session.names().forEach(session::get);
    session.set("theme", "dark");
    onStore.save(session);
    Map<String, JsonText> data = other.get(token, Read.ONLY).data();
    for (Object each : cases) {
      Map<?, ?> of = (Map<?, ?>) each;
      assertEquals(of.get("json"), data.get((String) of.get("name")).text());
    }
    assertEquals("\"dark\"", data.get("theme").text());
  }

  /** What docs/platforms/data.md says of Java. */
  @Test
  void whatJavaMakesOfValuesThatItWritesBack() {
    Map<String, String> made =
        Map.ofEntries(
            Map.entry("9007199254740993", "9007199254740993"),
            Map.entry("36893488147419103233", "36893488147419103233"),
            Map.entry("1.0", "1.0"),
            Map.entry("1e21", "1.0E21"),
            Map.entry("-0.0", "-0.0"),
            Map.entry("{}", "{}"),
            Map.entry("[]", "[]"),
            Map.entry("{\"z\":1,\"a\":2,\"10\":3,\"9\":4}", "{\"z\":1,\"a\":2,\"10\":3,\"9\":4}"),
            Map.entry("null", "null"),
            Map.entry("\"😀 ä\"", "\"😀 ä\""));
    made.forEach(
        (text, again) -> {
          String token =
              client.create(new NewSession().data("in", Map.of("v", new JsonText(text)))).token();
          StoredSession session = store.find(token).orElseThrow();
          Map<String, Object> changed = new LinkedHashMap<>();
          ((Map<?, ?>) session.get("in"))
              .forEach((name, value) -> changed.put((String) name, value));
          changed.put("w", true);
          session.set("in", changed);
          store.save(session);
          String written = client.get(token, Read.ONLY).data().get("in").text();
          assertEquals("{\"v\":" + again + ",\"w\":true}", written);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void endedOrRotatedMeanwhileIsToldAndNotRevived(String on) {
    SessionClient other = Servers.client(on);
    SessionStore onStore = new SessionStore(other, new StoreSettings("plain"));
    StoredSession session = onStore.begin();
    session.set("a", 1);
    onStore.save(session);
    StoredSession late = onStore.find(session.token()).orElseThrow();
    late.set("a", 2);
    session.changeToken();
    session.setSubject(Optional.of("ann"));
    String old = late.token();
    onStore.save(session);
    assertThrows(SessionEndedException.class, () -> onStore.save(late));
    assertTrue(onStore.find(old).isEmpty());
    assertEquals(Optional.of("ann"), onStore.find(session.token()).orElseThrow().subject());
    onStore.end(session.token());
    session.set("a", 3);
    assertThrows(SessionEndedException.class, () -> onStore.save(session));
    session.changeToken();
    assertThrows(SessionEndedException.class, () -> onStore.save(session));
    assertEquals(0, other.list(Optional.empty()).sessions().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void theTokenOfAnotherAppOpensNothing(String on) {
    SessionStore one = new SessionStore(Servers.client(on), new StoreSettings("plain"));
    SessionStore two = new SessionStore(Servers.client(on), new StoreSettings("plain"));
    StoredSession session = one.begin();
    one.save(session);
    assertTrue(two.find(session.token()).isEmpty());
    assertTrue(one.find(session.token()).isPresent());
  }

  @Test
  void aLoginThatWasFasterIsToldAsAnEnd() {
    String token = client.create(new NewSession().data("cart", 1)).token();
    StoredSession faster = store.find(token).orElseThrow();
    StoredSession slower = store.find(token).orElseThrow();
    for (StoredSession session : List.of(faster, slower)) {
      session.changeToken();
      session.setSubject(Optional.of("ann"));
    }
    store.save(faster);
    assertThrows(SessionEndedException.class, () -> store.save(slower));
    assertTrue(store.find(faster.token()).isPresent());
  }
}
