package io.github.restsessions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Collection;
import java.util.Map;

/** Writes JSON. */
final class JsonWriter {
  private static final int MOST_NESTED = 1000;

  private final StringBuilder out = new StringBuilder();
  private int nested;

  private JsonWriter() {}

  /** Throws IllegalArgumentException for a value that JSON has no form for; it names the type. */
  static String write(Object value) {
    JsonWriter writer = new JsonWriter();
    writer.add(value);
    return writer.out.toString();
  }

  private void add(Object value) {
    if (value == null || value instanceof Boolean || value instanceof JsonText) out.append(value);
    else if (value instanceof String text) addText(text);
    else if (value instanceof Number number) addNumber(number);
    else if (value instanceof Map<?, ?> map) addObject(map);
    else if (value instanceof Collection<?> items) addArray(items);
    else throw noForm(value.getClass().getName());
  }

  private void addObject(Map<?, ?> map) {
    begin('{');
    String before = "";
    for (Map.Entry<?, ?> member : map.entrySet()) {
      if (!(member.getKey() instanceof String name)) throw noForm("a map whose keys are not text");
      out.append(before);
      addText(name);
      out.append(':');
      add(member.getValue());
      before = ",";
    }
    end('}');
  }

  private void addArray(Collection<?> items) {
    begin('[');
    String before = "";
    for (Object item : items) {
      out.append(before);
      add(item);
      before = ",";
    }
    end(']');
  }

  private void begin(char sign) {
    // What holds itself would never end.
    if (++nested > MOST_NESTED) throw noForm("a value that is nested too deeply");
    out.append(sign);
  }

  private void end(char sign) {
    nested--;
    out.append(sign);
  }

  private void addNumber(Number number) {
    boolean isWhole =
        number instanceof Integer
            || number instanceof Long
            || number instanceof Short
            || number instanceof Byte
            || number instanceof BigInteger;
    boolean isFinite =
        number instanceof BigDecimal
            || (number instanceof Double || number instanceof Float)
                && Double.isFinite(number.doubleValue());
    if (!isWhole && !isFinite) throw noForm(number.getClass().getName() + " " + number);
    out.append(number);
  }

  private void addText(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char sign = text.charAt(i);
      if (sign == '"' || sign == '\\') out.append('\\').append(sign);
      else if (sign < ' ') out.append(String.format("\\u%04x", (int) sign));
      else if (Character.isHighSurrogate(sign) && i + 1 < text.length() && isLow(text, i + 1))
        out.append(sign).append(text.charAt(++i));
      // As UTF-8 it would silently become a question mark.
      else if (Character.isSurrogate(sign)) throw noForm("text with half of a surrogate pair");
      else out.append(sign);
    }
    out.append('"');
  }

  private static boolean isLow(String text, int at) {
    return Character.isLowSurrogate(text.charAt(at));
  }

  private static IllegalArgumentException noForm(String what) {
    return new IllegalArgumentException("JSON has no form for " + what);
  }
}
