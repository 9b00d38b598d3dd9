package io.github.restsessions.store;

import java.util.Optional;

/**
 * What is known of the device that a new session is for.
 *
 * @param ip its address; empty when unknown
 * @param userAgent what its browser calls itself; empty when unknown
 */
public record Device(Optional<String> ip, Optional<String> userAgent) {
  /** Nothing is known. */
  public static final Device UNKNOWN = new Device(Optional.empty(), Optional.empty());

  private static final int LONGEST_NAME = 2048;

  /** Takes what a request says; null for what it does not. A browser may call itself anything. */
  public static Device of(String ip, String userAgent) {
    return new Device(textOf(ip, 64), textOf(userAgent, LONGEST_NAME));
  }

  private static Optional<String> textOf(String text, int longest) {
    return Optional.ofNullable(text)
        .filter(given -> given.chars().allMatch(sign -> sign >= ' ' && sign <= '~'))
        .map(given -> given.substring(0, Math.min(given.length(), longest)))
        .filter(given -> !given.isEmpty());
  }
}
