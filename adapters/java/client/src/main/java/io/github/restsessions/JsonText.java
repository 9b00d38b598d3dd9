package io.github.restsessions;

import java.util.Objects;

/**
 * One JSON value as its text. A key that nobody changes keeps its text to the letter: numbers of
 * any size, {@code 1.0}, the order of members.
 *
 * @param text well-formed JSON
 */
public record JsonText(String text) {
  /** Takes a text as it is; it must be well-formed JSON. */
  public JsonText {
    Objects.requireNonNull(text);
  }

  /**
   * Makes the text of a value: null, text, booleans, numbers, maps with text for keys, collections,
   * and JSON texts. Throws IllegalArgumentException for everything else.
   */
  public static JsonText of(Object value) {
    return value instanceof JsonText text ? text : new JsonText(JsonWriter.write(value));
  }

  /**
   * What the text is in Java when nobody says more: null, String, Boolean, Integer, Long,
   * BigInteger, Double, BigDecimal, ArrayList or LinkedHashMap; of the numbers the first that has
   * the very value. Each call makes a new one.
   */
  public Object value() {
    return new JsonReader(text).value();
  }

  @Override
  public String toString() {
    return text;
  }
}
