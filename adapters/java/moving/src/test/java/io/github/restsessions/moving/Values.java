package io.github.restsessions.moving;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** What an application may have in its session. */
final class Values {
  private Values() {}

  /** What JSON tells by itself, so that a serializer of JSON keeps it, too. */
  static Map<String, Object> plain() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("lamps", 3);
    values.put("text", "Zoë \uD83D\uDE00 \"quoted\" \\ / \n\t\u007f");
    values.put("yes", true);
    values.put("tenth", 0.1);
    values.put("thousand", 1e21);
    values.put("tiny", 1.25E-5);
    values.put("seven", 1e7);
    values.put("long", 5L);
    values.put("largeLong", 1L << 60);
    values.put("list", new ArrayList<>(List.of("a", 1, 2L, new ArrayList<>(List.of(true)))));
    values.put("map", new HashMap<>(Map.of("k", 1L)));
    values.put("ordered", new LinkedHashMap<>(Map.of("10", new LinkedHashMap<>(Map.of("b", 2)))));
    values.put("id", UUID.fromString("30b21dc5-7993-48eb-a675-a40f76475da0"));
    values.put("set", new HashSet<>(Set.of("one")));
    return values;
  }

  static Map<String, Object> all() {
    Map<String, Object> values = plain();
    values.put("short", (short) -2);
    values.put("byte", (byte) 7);
    values.put("float", 1.1f);
    values.put("smallFloat", 3.4e-30f);
    values.put("minusZero", -0.0);
    values.put("nan", Double.NaN);
    values.put("integer", BigInteger.valueOf(-12));
    values.put("hugeInteger", BigInteger.TWO.pow(100).negate());
    values.put("zero", BigInteger.ZERO);
    values.put("decimal", new BigDecimal("1.10"));
    values.put("char", 'é');
    values.put("instant", Instant.parse("2026-11-29T01:02:03.120Z"));
    values.put("nanos", Instant.parse("1969-12-31T23:59:59.000000001Z"));
    values.put("farInstant", Instant.parse("+12026-11-29T01:02:03Z"));
    values.put("date", new Date(1_700_000_000_123L));
    values.put("oldDate", new Date(-1));
    values.put("day", LocalDate.of(2026, 2, 3));
    values.put("hour", LocalDateTime.of(2026, 2, 3, 4, 0));
    values.put("minute", LocalDateTime.of(2026, 2, 3, 4, 5));
    values.put("second", LocalDateTime.of(2026, 2, 3, 4, 5, 6));
    values.put("nano", LocalDateTime.of(2026, 2, 3, 0, 0, 0, 7_000));
    values.put("zoned", ZonedDateTime.parse("2026-11-29T01:02:03+01:00[Europe/Berlin]"));
    values.put("bytes", new byte[] {0, 1, -1});
    values.put("listOf", List.of(1L, 2L, 3L));
    values.put("oneOf", List.of('x'));
    values.put("noneOf", List.of());
    values.put("asList", Arrays.asList("a", null, 'b'));
    values.put("mapOf", Map.of("only", Instant.EPOCH));
    values.put("setOf", Set.of(5L));
    values.put("linkedSet", new LinkedHashSet<>(List.of("z", "a")));
    values.put("unmodifiable", Collections.unmodifiableList(new ArrayList<>(List.of("a"))));
    values.put(
        "unmodifiableMap", Collections.unmodifiableMap(new HashMap<>(Map.of("a", (short) 1))));
    values.put("singleton", Collections.singletonList(1));
    values.put("empty", Collections.emptyMap());
    values.put("bytesWithin", new ArrayList<>(List.of(new byte[] {1}, "x")));
    values.put("tree", new TreeMap<>(Map.of("b", 1, "a", 2)));
    values.put("numbers", new HashMap<>(Map.of(1, "one")));
    values.put("dayOfWeek", DayOfWeek.MONDAY);
    values.put("basket", new Basket("ann", List.of("lamp")));
    values.put("baskets", new ArrayList<>(List.of(new Basket("bob", List.of()))));
    values.put("half", "\uD800");
    values.put("ints", new int[] {1, 2});
    values.put("_own", 5L);
    values.put("huge", "x".repeat(20_000));
    return values;
  }

  /** Says all of a value that equals would see, and its class. */
  static String shown(Object value) {
    if (value == null) return "null";
    String text = value.toString();
    if (value instanceof byte[] bytes) text = Arrays.toString(bytes);
    if (value instanceof int[] numbers) text = Arrays.toString(numbers);
    if (value instanceof List<?> items)
      text = items.stream().map(Values::shown).toList().toString();
    if (value instanceof Map<?, ?> map) {
      Map<String, String> members = new TreeMap<>();
      map.forEach((name, member) -> members.put(shown(name), shown(member)));
      text = members.toString();
    }
    // A list is a list: of List.of and the like nobody knows the class.
    if (value instanceof List<?>) return "List " + text;
    if (value instanceof Set<?>) return "Set " + text;
    if (value instanceof Map<?, ?>) return "Map " + text;
    return value.getClass().getName() + " " + text;
  }
}
