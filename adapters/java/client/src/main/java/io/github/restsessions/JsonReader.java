package io.github.restsessions;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Reads JSON. The client has its own reader because a session's data must come back to the letter,
 * key by key, and because Spring Boot 3 and 4 bring two Jacksons that exclude each other.
 */
final class JsonReader {
  private static final int MOST_NESTED = 1000;

  private final String text;
  private int at;
  private int nested;

  JsonReader(String text) {
    this.text = text;
  }

  /** Reads the whole text. Throws IllegalArgumentException where it is no JSON. */
  Object value() {
    Object value = next();
    end();
    return value;
  }

  /** Reads an object, and leaves the text of each member as it is. */
  Map<String, JsonText> members() {
    Map<String, JsonText> members = object(this::slice);
    end();
    return members;
  }

  /** Reads an array, and leaves the text of each item as it is. */
  List<JsonText> items() {
    List<JsonText> items = array(this::slice);
    end();
    return items;
  }

  private JsonText slice() {
    skipSpace();
    int from = at;
    next();
    return new JsonText(text.substring(from, at));
  }

  private void end() {
    skipSpace();
    if (at < text.length()) throw wrong("the end of the text");
  }

  private Object next() {
    skipSpace();
    return switch (peek()) {
      case '{' -> object(this::next);
      case '[' -> array(this::next);
      case '"' -> string();
      case 't' -> word("true", Boolean.TRUE);
      case 'f' -> word("false", Boolean.FALSE);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private <T> Map<String, T> object(Supplier<T> member) {
    Map<String, T> members = new LinkedHashMap<>();
    begin('{');
    if (isNext('}')) return members;
    do {
      skipSpace();
      String name = string();
      skipSpace();
      take(':');
      members.put(name, member.get());
    } while (isMore('}'));
    return members;
  }

  private <T> List<T> array(Supplier<T> item) {
    List<T> items = new ArrayList<>();
    begin('[');
    if (isNext(']')) return items;
    do {
      items.add(item.get());
    } while (isMore(']'));
    return items;
  }

  private void begin(char sign) {
    skipSpace();
    take(sign);
    if (++nested > MOST_NESTED) throw new IllegalArgumentException("JSON is nested too deeply");
    skipSpace();
  }

  private boolean isMore(char close) {
    skipSpace();
    if (isNext(close)) return false;
    take(',');
    return true;
  }

  private boolean isNext(char close) {
    if (peek() != close) return false;
    at++;
    nested--;
    return true;
  }

  private String string() {
    take('"');
    int from = at;
    while (peek() != '"' && peek() != '\\') inString();
    if (peek() == '"') return text.substring(from, at++);
    StringBuilder made = new StringBuilder(text.substring(from, at));
    while (peek() != '"') made.append(peek() == '\\' ? escaped() : inString());
    at++;
    return made.toString();
  }

  private char inString() {
    if (peek() < ' ') throw wrong("a text without control characters");
    return text.charAt(at++);
  }

  private char escaped() {
    at++;
    char sign = peek();
    at++;
    return switch (sign) {
      case '"', '\\', '/' -> sign;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unicode();
      default -> throw wrong("an escape");
    };
  }

  private char unicode() {
    int code = 0;
    for (int i = 0; i < 4; i++, at++) {
      int digit = peek() < 128 ? Character.digit(peek(), 16) : -1;
      if (digit < 0) throw wrong("a hexadecimal digit");
      code = code * 16 + digit;
    }
    return (char) code;
  }

  private Object number() {
    int from = at;
    if (peek() == '-') at++;
    if (peek() == '0') at++;
    else digits();
    boolean isWhole = true;
    if (peek() == '.') {
      isWhole = false;
      at++;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      isWhole = false;
      at++;
      if (peek() == '+' || peek() == '-') at++;
      digits();
    }
    String digits = text.substring(from, at);
    return isWhole ? whole(digits) : decimal(digits);
  }

  private void digits() {
    if (peek() < '0' || peek() > '9') throw wrong("a value");
    while (peek() >= '0' && peek() <= '9') at++;
  }

  private static Number whole(String digits) {
    BigInteger value = new BigInteger(digits);
    if (value.bitLength() < 32) return value.intValue();
    return value.bitLength() < 64 ? (Number) value.longValue() : value;
  }

  /** Gives a double where it is the very number that the text says. */
  private static Number decimal(String digits) {
    double value = Double.parseDouble(digits);
    BigDecimal exact;
    try {
      exact = new BigDecimal(digits);
    } catch (NumberFormatException tooLarge) {
      // An exponent that even BigDecimal does not have.
      return value;
    }
    boolean isExact =
        Double.isFinite(value) && new BigDecimal(Double.toString(value)).compareTo(exact) == 0;
    return isExact ? (Number) value : exact;
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at)) throw wrong("a value");
    at += word.length();
    return value;
  }

  private void take(char sign) {
    if (peek() != sign) throw wrong("'" + sign + "'");
    at++;
  }

  /** Gives the next sign; NUL, which JSON does not have, at the end. */
  private char peek() {
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private void skipSpace() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') at++;
  }

  /** The message does not have the text, which may be secret. */
  private IllegalArgumentException wrong(String wanted) {
    return new IllegalArgumentException("no JSON: at " + at + " " + wanted + " was expected");
  }
}
