// Spring and servlets in the test of round trips: ../README.md has the orders. Each line on the standard input is one. Both have
// their sessions from the same store, each with its own name.
import io.github.restsessions.JsonText;
import io.github.restsessions.Options;
import io.github.restsessions.SessionClient;
import io.github.restsessions.store.SessionStore;
import io.github.restsessions.store.StoreSettings;
import io.github.restsessions.store.StoredSession;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

public final class RoundTrip {
  private static final Map<String, Object> VALUES = new LinkedHashMap<>();

  static {
    VALUES.put("integer beyond 2^53", (1L << 53) + 1);
    VALUES.put("integer beyond 2^64", BigInteger.ONE.shiftLeft(65).add(BigInteger.ONE));
    VALUES.put("whole float", 1.0);
    VALUES.put("whole number", 1);
    VALUES.put("negative zero", -0.0);
    VALUES.put("empty list", List.of());
    VALUES.put("empty map", Map.of());
    VALUES.put("empty in a nest", Map.of("a", List.of(), "b", Map.of(), "c", List.of(Map.of())));
    VALUES.put("order of members", new LinkedHashMap<>());
    for (String name : List.of("z", "a", "10", "9")) {
      @SuppressWarnings("unchecked")
      Map<String, Object> members = (Map<String, Object>) VALUES.get("order of members");
      members.put(name, members.size());
    }
    VALUES.put("astral text", "\ud83d\ude00 a\u0308 \0 \u2028");
    VALUES.put("half of a character", "\ud800");
    VALUES.put("bytes", new byte[] {0, 1, 0x7f, -1});
    VALUES.put("instant", Instant.parse("2026-11-28T12:34:56Z"));
  }

  public static void main(String[] arguments) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine())
      System.out.println(JsonText.of(answer((Map<?, ?>) new JsonText(line).value())).text());
  }

  private static Map<String, Object> answer(Map<?, ?> order) {
    String framework = order.get("framework").equals("Spring") ? "spring" : "servlet";
    Options options = Options.of((String) order.get("url"), (String) order.get("app"));
    SessionClient client = new SessionClient(options.timeout(Duration.ofSeconds(30)));
    SessionStore store = new SessionStore(client, new StoreSettings(framework));
    try {
      StoredSession session = store.find((String) order.get("token")).orElseGet(store::begin);
      Map<String, Object> faults = obey(session, order);
      store.save(session);
      return Map.of("token", session.token(), "faults", faults);
    } catch (RuntimeException fault) {
      return Map.of("error", fault.toString());
    }
  }

  private static Map<String, Object> obey(StoredSession session, Map<?, ?> order) {
    List<?> names = order.get("names") instanceof List<?> given ? given : List.of();
    Map<String, Object> faults = new LinkedHashMap<>();
    switch ((String) order.get("do")) {
      case "write" -> names.forEach(name -> session.set((String) name, VALUES.get(name)));
      case "check" -> {
        for (Object name : names) {
          Object found = session.get((String) name);
          if (!isSame(found, VALUES.get(name))) faults.put((String) name, shown(found));
        }
      }
      case "add" -> {
        session.names().forEach(session::get);
        session.set((String) order.get("key"), 1);
      }
      case "copy" ->
          session.set(
              "copy", Collections.singletonList(session.get((String) order.get("key"))));
      default -> throw new IllegalArgumentException(order.get("do") + " is no order");
    }
    return faults;
  }

  /** Tells whether two values are equal and of one kind, with members in one order. */
  private static boolean isSame(Object found, Object value) {
    if (value instanceof byte[] bytes)
      return found instanceof byte[] others && Arrays.equals(others, bytes);
    if (value instanceof Map<?, ?> map && found instanceof Map<?, ?> other && map.size() > 3)
      return List.copyOf(other.keySet()).equals(List.copyOf(map.keySet())) && other.equals(map);
    boolean isOneKind = !(value instanceof Number) || found != null && found.getClass() == value.getClass();
    return isOneKind && Objects.equals(found, value);
  }

  private static String shown(Object value) {
    return value == null ? "null" : value.getClass().getSimpleName() + " " + value;
  }
}
