package io.github.restsessions;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Texts in URLs. */
final class Texts {
  private Texts() {}

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
