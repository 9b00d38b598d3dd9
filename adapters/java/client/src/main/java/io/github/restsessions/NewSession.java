package io.github.restsessions;

import java.time.Duration;
import java.util.Map;

/** What a session begins with. */
public final class NewSession extends Body<NewSession> {
  /** Nothing yet: the policy of the app decides. */
  public NewSession() {}

  @Override
  NewSession self() {
    return this;
  }

  /** Keeps a value under a key. Throws IllegalArgumentException where JSON has no form for it. */
  public NewSession data(String key, Object value) {
    return withData("data", key, value);
  }

  /** Keeps all values of a map. */
  public NewSession data(Map<String, ?> data) {
    data.forEach(this::data);
    return this;
  }

  /** What ends it in any case, counted from the login; null for none. */
  public NewSession absoluteTimeout(Duration timeout) {
    return with("absoluteTimeout", timeout == null ? null : Timeouts.seconds(timeout));
  }

  /** The address of the device. */
  public NewSession ip(String ip) {
    return with("ip", ip);
  }

  /** What the browser of the device calls itself. */
  public NewSession userAgent(String userAgent) {
    return with("userAgent", userAgent);
  }
}
