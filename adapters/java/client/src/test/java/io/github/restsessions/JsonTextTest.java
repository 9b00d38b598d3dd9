package io.github.restsessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {
  @Test
  void numbersAreTheFirstTypeThatHasThem() {
    assertEquals(1, value("1"));
    assertEquals(2147483648L, value("2147483648"));
    assertEquals(Long.MIN_VALUE, value("-9223372036854775808"));
    assertEquals(new BigInteger("9223372036854775808"), value("9223372036854775808"));
    assertEquals(0.1, value("0.1"));
    assertEquals(-0.0, value("-0.0"));
    assertEquals(1e21, value("1e21"));
    assertEquals(new BigDecimal("0.1000000000000000055"), value("0.1000000000000000055"));
    assertEquals(new BigDecimal("1e400"), value("1e400"));
  }

  @Test
  void textsHaveAllOfUnicode() {
    assertEquals(
        "a\"\\/\b\f\n\r\t\u0000ä😀",
        value("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000ä\\ud83d\\uDE00\""));
    assertEquals("\"\\u0000\\u001f\\\"\\\\\u2028😀\"", JsonText.of("\0\u001f\"\\\u2028😀").text());
  }

  @Test
  void whatJsonHasNoFormForIsSaid() {
    for (Object wrong : Arrays.asList(Double.NaN, "\ud800", "\udc00x", new Object(), Map.of(1, 2)))
      assertThrows(IllegalArgumentException.class, () -> JsonText.of(List.of(wrong)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":}",
        "{\"a\" 1}",
        "{a:1}",
        "01",
        "1.",
        ".5",
        "+1",
        "-",
        "1e",
        "tru",
        "nulls",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "[1]]",
        "NaN",
        "'a'",
        "1 2"
      })
  void whatIsNoJsonIsSaid(String text) {
    assertThrows(IllegalArgumentException.class, () -> value(text));
  }

  @Test
  void whatIsNestedWithoutEndIsNoStackOverflow() {
    assertThrows(IllegalArgumentException.class, () -> value("[".repeat(1_000_000)));
    Object[] self = new Object[1];
    List<Object> list = Arrays.asList(self);
    self[0] = list;
    assertThrows(IllegalArgumentException.class, () -> JsonText.of(list));
  }

  @Test
  void anyBytesAreReadOrRefused() {
    Random random = new Random(20261128);
    String signs = "{}[]\",:\\u0e+-.truefalsn1239 a";
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--)
        text.append(signs.charAt(random.nextInt(signs.length())));
      try {
        Object read = value(text.toString());
        assertEquals(read, value(JsonText.of(read).text()), text.toString());
      } catch (IllegalArgumentException refused) {
        // That is the other answer there may be.
      }
    }
  }

  private static Object value(String text) {
    return new JsonText(text).value();
  }
}
