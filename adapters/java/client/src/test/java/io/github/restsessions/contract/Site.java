package io.github.restsessions.contract;

import java.util.List;
import java.util.function.Consumer;

/** An application under a session layer. */
public interface Site {
  /**
   * Serves one page.
   *
   * @param cookie the token in the browser's cookie; null for no cookie
   * @param page what the page does
   */
  Answer visit(String cookie, Consumer<Deeds> page);

  /**
   * How a page ended.
   *
   * @param ends well, error, or told
   * @param cookies the tokens that were set, in order; an empty text where the cookie was cleared
   */
  record Answer(String ends, List<String> cookies) {}
}
