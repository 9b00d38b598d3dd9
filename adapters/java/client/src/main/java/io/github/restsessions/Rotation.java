package io.github.restsessions;

import java.time.Duration;
import java.util.Map;

/** What a session gets with its new token. With a subject it is a login. */
public final class Rotation extends Body<Rotation> {
  /** Nothing yet: the server makes the token. */
  public Rotation() {}

  @Override
  Rotation self() {
    return this;
  }

  /** The new token, where the caller makes it. */
  public Rotation token(String token) {
    return with("token", token);
  }

  /** How long the old token still reads; zero for not at all. Default: the policy's. */
  public Rotation grace(Duration grace) {
    return with("grace", Timeouts.seconds(grace));
  }

  /** Sets a key. Throws IllegalArgumentException where JSON has no form for the value. */
  public Rotation data(String key, Object value) {
    return withData("data", key, value);
  }

  /** Sets all keys of a map. */
  public Rotation data(Map<String, ?> data) {
    data.forEach(this::data);
    return this;
  }

  /** The address of the device. */
  public Rotation ip(String ip) {
    return with("ip", ip);
  }

  /** What the browser of the device calls itself. */
  public Rotation userAgent(String userAgent) {
    return with("userAgent", userAgent);
  }
}
