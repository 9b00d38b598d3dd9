package io.github.restsessions;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The members of an answer. Throws IllegalArgumentException where one is not what it must be. */
final class Members {
  private final Map<String, JsonText> members;

  Members(String json) {
    members = new JsonReader(json).members();
  }

  JsonText json(String name) {
    JsonText text = members.get(name);
    if (text == null) throw new IllegalArgumentException("the answer has no " + name);
    return text;
  }

  String text(String name) {
    return maybeText(name).orElseThrow(() -> new IllegalArgumentException(name + " is missing"));
  }

  /** Absence: empty for null, too. */
  Optional<String> maybeText(String name) {
    return maybe(name).map(text -> as(String.class, name, text.value()));
  }

  BigDecimal number(String name) {
    return maybeNumber(name).orElseThrow(() -> new IllegalArgumentException(name + " is missing"));
  }

  Optional<BigDecimal> maybeNumber(String name) {
    return maybe(name).map(text -> new BigDecimal(as(Number.class, name, text.value()).toString()));
  }

  /** Those of a list that every answer of its kind has. */
  List<JsonText> list(String name) {
    return new JsonReader(json(name).text()).items();
  }

  /** Absence: empty. */
  List<JsonText> items(String name) {
    return maybe(name).map(text -> new JsonReader(text.text()).items()).orElse(List.of());
  }

  /** Absence: empty for null, too. */
  Optional<JsonText> maybe(String name) {
    return Optional.ofNullable(members.get(name)).filter(text -> !text.text().equals("null"));
  }

  private static <T> T as(Class<T> type, String name, Object value) {
    if (type.isInstance(value)) return type.cast(value);
    throw new IllegalArgumentException(name + " is no " + type.getSimpleName());
  }
}
