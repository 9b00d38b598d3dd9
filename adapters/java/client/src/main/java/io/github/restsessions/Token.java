package io.github.restsessions;

import java.security.SecureRandom;
import java.util.regex.Pattern;

/** What opens a session. */
public final class Token {
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9._~:,-]{1,256}");
  private static final String SIGNS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final int LENGTH = 40;
  private static final SecureRandom RANDOM = new SecureRandom();

  private Token() {}

  /**
   * Tells whether a text can be a token. What cannot is no session, and the server need not be
   * asked.
   */
  public static boolean isPossible(String text) {
    return text != null && FORM.matcher(text).matches();
  }

  /**
   * Makes one of 40 letters and digits, which every framework accepts. It does not begin as the
   * server's own tokens do.
   */
  public static String random() {
    StringBuilder token = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) token.append(SIGNS.charAt(RANDOM.nextInt(SIGNS.length())));
    return token.indexOf("rs") == 0 ? random() : token.toString();
  }
}
