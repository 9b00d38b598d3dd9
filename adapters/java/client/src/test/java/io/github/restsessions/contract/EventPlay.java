package io.github.restsessions.contract;

import io.github.restsessions.EventQuery;
import io.github.restsessions.JsonText;
import io.github.restsessions.SessionClient;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A play of a vector about events, on the fake server. */
public final class EventPlay {
  private final Map<?, ?> vector;

  private EventPlay(Map<?, ?> vector) {
    this.vector = vector;
  }

  /** Begins it. */
  public static EventPlay of(String name) {
    return new EventPlay((Map<?, ?>) ask("POST", "plays", Map.of("vector", name)));
  }

  /** The names of the vectors of a kind: streams or pages. */
  public static Stream<String> names(String kind) {
    List<?> vectors = (List<?>) ((Map<?, ?>) ask("GET", "events", null)).get(kind);
    return vectors.stream().map(each -> (String) ((Map<?, ?>) each).get("name"));
  }

  /** Absence: null. */
  public Object get(String member) {
    return vector.get(member);
  }

  public SessionClient client() {
    return SessionClient.of(Servers.contract(), (String) vector.get("app"));
  }

  /** What the vector asks for. */
  public EventQuery query() {
    Map<?, ?> asks = (Map<?, ?>) vector.get("asks");
    EventQuery query = new EventQuery();
    asks.forEach(
        (name, value) -> {
          switch ((String) name) {
            case "after" -> query.after((String) value);
            case "types" -> query.types(((List<?>) value).toArray(String[]::new));
            case "subject" -> query.subject((String) value);
            case "limit" -> query.limit((Integer) value);
            case "wait" -> query.waitFor(seconds(value));
            case "silence" -> query.silence(seconds(value));
            default -> throw new IllegalArgumentException(name + " cannot be asked for");
          }
        });
    return query;
  }

  public List<?> faults() {
    return (List<?>) report().get("faults");
  }

  /** Waits until none of its connections is open. Tells how many are after a while. */
  public int open() {
    long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    int open = (Integer) report().get("open");
    while (open > 0 && System.nanoTime() < until) open = (Integer) report().get("open");
    return open;
  }

  private Map<?, ?> report() {
    return (Map<?, ?>) ask("GET", "plays/" + vector.get("app"), null);
  }

  /** Asks the fake server. */
  public static Object ask(String method, String what, Object body) {
    String json = body == null ? null : JsonText.of(body).text();
    return Servers.ask(method, Servers.contract() + "/contract/" + what, Map.of(), json);
  }

  private static Duration seconds(Object value) {
    return Duration.ofMillis(new BigDecimal(value.toString()).movePointRight(3).longValue());
  }
}
