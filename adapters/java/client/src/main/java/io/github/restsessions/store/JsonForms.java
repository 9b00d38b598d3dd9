package io.github.restsessions.store;

import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;

/**
 * Says of a value whether JSON gives it back, and what must be noted for that.
 *
 * <p>A note is empty where the JSON alone gives the value back. Else it is the name of a type, as
 * {@code "long"}; <code>{"each": note}</code> for a list or a map that has it throughout; <code>
 * {"at": {name or index: note}}</code> for one that has it in places; <code>{"set": note}</code>
 * for a set, with the note of the list that it is in JSON.
 */
final class JsonForms {
  /** The server takes data of 32 levels, and the data itself is one. */
  private static final int DEEPEST = 31;

  private static final String NATURAL = "";

  /** A type that JSON does not tell, by its name in notes. */
  private record Scalar<T>(
      String name, Class<T> type, Function<T, Object> toPlain, Function<Object, T> fromPlain) {
    Object plain(Object value) {
      return toPlain.apply(type.cast(value));
    }
  }

  private static final List<Scalar<?>> SCALARS =
      List.of(
          new Scalar<>("long", Long.class, v -> v, v -> whole(v).longValueExact()),
          new Scalar<>("short", Short.class, v -> v, v -> whole(v).shortValueExact()),
          new Scalar<>("byte", Byte.class, v -> v, v -> whole(v).byteValueExact()),
          new Scalar<>("BigInteger", BigInteger.class, v -> v, JsonForms::whole),
          new Scalar<>(
              "float", Float.class, v -> v, v -> Float.parseFloat(Number.class.cast(v).toString())),
          new Scalar<>("char", Character.class, Object::toString, JsonForms::character),
          new Scalar<>("Instant", Instant.class, Object::toString, v -> Instant.parse(text(v))),
          new Scalar<>(
              "Date",
              Date.class,
              v -> v.toInstant().toString(),
              v -> Date.from(Instant.parse(text(v)))),
          new Scalar<>(
              "LocalDate", LocalDate.class, Object::toString, v -> LocalDate.parse(text(v))),
          new Scalar<>(
              "LocalDateTime",
              LocalDateTime.class,
              Object::toString,
              v -> LocalDateTime.parse(text(v))),
          new Scalar<>("UUID", UUID.class, Object::toString, v -> UUID.fromString(text(v))),
          new Scalar<>(
              "bytes",
              byte[].class,
              v -> Base64.getEncoder().encodeToString(v),
              v -> Base64.getDecoder().decode(text(v))));

  private static final Map<Class<?>, Scalar<?>> BY_TYPE = new HashMap<>();
  private static final Map<String, Scalar<?>> BY_NAME = new HashMap<>();

  static {
    for (Scalar<?> scalar : SCALARS) {
      BY_TYPE.put(scalar.type(), scalar);
      BY_NAME.put(scalar.name(), scalar);
    }
  }

  private JsonForms() {}

  /** Gives the note of a value. Absence: null where JSON would not give the value back. */
  static Object noteOf(Object value) {
    return noteOf(value, 0);
  }

  private static Object noteOf(Object value, int depth) {
    if (depth >= DEEPEST) return null;
    if (value == null || value instanceof Boolean || value instanceof Integer) return NATURAL;
    if (value instanceof String text) return isWhole(text) ? NATURAL : null;
    if (value instanceof Double number) return Double.isFinite(number) ? NATURAL : null;
    if (value instanceof Float number && !Float.isFinite(number)) return null;
    // These are what JSON gives anyway, where a smaller type has no place for them.
    if (value instanceof Long number && (int) (long) number != number) return NATURAL;
    if (value instanceof BigInteger number && number.bitLength() > 63) return NATURAL;
    if (BY_TYPE.containsKey(value.getClass())) return BY_TYPE.get(value.getClass()).name();
    if (value instanceof List<?> items && isKnown(value, ArrayList.class))
      return noteOfItems(items, depth);
    if (value instanceof Set<?> items && isKnown(value, HashSet.class, LinkedHashSet.class)) {
      Object note = noteOfItems(items, depth);
      return note == null ? null : Map.of("set", note);
    }
    if (value instanceof Map<?, ?> map && isKnown(value, HashMap.class, LinkedHashMap.class))
      return noteOfMembers(map, depth);
    return null;
  }

  /** Tells whether UTF-8 has it: half of a surrogate pair has no bytes. */
  private static boolean isWhole(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** Nobody can have cast to a class of java.util that is not public, as List.of() gives. */
  private static boolean isKnown(Object value, Class<?>... types) {
    Class<?> type = value.getClass();
    boolean isHidden =
        type.getPackageName().equals("java.util") && !Modifier.isPublic(type.getModifiers());
    return isHidden || List.of(types).contains(type);
  }

  private static Object noteOfItems(Collection<?> items, int depth) {
    Map<String, Object> members = new LinkedHashMap<>();
    for (Object item : items) members.put(String.valueOf(members.size()), item);
    return noteOfMembers(members, depth);
  }

  private static Object noteOfMembers(Map<?, ?> members, int depth) {
    Map<String, Object> notes = new LinkedHashMap<>();
    for (Map.Entry<?, ?> member : members.entrySet()) {
      Object note = noteOf(member.getValue(), depth + 1);
      if (note == null || !(member.getKey() instanceof String name) || !isWhole(name)) return null;
      notes.put(name, note);
    }
    Set<Object> kinds = new HashSet<>(notes.values());
    if (kinds.size() == 1 && !kinds.contains(NATURAL)) return Map.of("each", kinds.toArray()[0]);
    notes.values().removeIf(NATURAL::equals);
    return notes.isEmpty() ? NATURAL : Map.of("at", notes);
  }

  /** Gives what the client writes as JSON. The value must have a note. */
  static Object plain(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> plain = new LinkedHashMap<>();
      map.forEach((name, member) -> plain.put(name, plain(member)));
      return plain;
    }
    if (value instanceof Collection<?> items) return items.stream().map(JsonForms::plain).toList();
    Scalar<?> scalar = value == null ? null : BY_TYPE.get(value.getClass());
    return scalar == null ? value : scalar.plain(value);
  }

  /**
   * Gives the value of a note from what the JSON is by itself. Where that does not fit the note,
   * because another stack has put something else there since, it is given as it is.
   */
  static Object restored(Object note, Object natural) {
    try {
      return typed(note, natural);
    } catch (RuntimeException doesNotFit) {
      return natural;
    }
  }

  private static Object typed(Object note, Object natural) {
    if (NATURAL.equals(note) || natural == null) return natural;
    if (!(note instanceof Map<?, ?> of)) return BY_NAME.get(note).fromPlain().apply(natural);
    if (of.containsKey("set")) return new LinkedHashSet<>((List<?>) typed(of.get("set"), natural));
    if (natural instanceof Map<?, ?> map) {
      Map<Object, Object> typed = new LinkedHashMap<>();
      map.forEach((name, member) -> typed.put(name, typed(noteAt(of, name), member)));
      return typed;
    }
    List<Object> typed = new ArrayList<>();
    for (Object item : (List<?>) natural)
      typed.add(typed(noteAt(of, String.valueOf(typed.size())), item));
    return typed;
  }

  private static Object noteAt(Map<?, ?> notes, Object name) {
    if (notes.containsKey("each")) return notes.get("each");
    return ((Map<?, ?>) notes.get("at")).containsKey(name)
        ? ((Map<?, ?>) notes.get("at")).get(name)
        : NATURAL;
  }

  private static BigInteger whole(Object natural) {
    return new BigDecimal(Number.class.cast(natural).toString()).toBigIntegerExact();
  }

  private static String text(Object natural) {
    return (String) natural;
  }

  private static Character character(Object natural) {
    if (text(natural).length() != 1) throw new IllegalArgumentException("no single character");
    return text(natural).charAt(0);
  }
}
