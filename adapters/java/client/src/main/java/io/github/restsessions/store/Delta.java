package io.github.restsessions.store;

import io.github.restsessions.JsonText;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What is to be written of a session. */
final class Delta {
  final Map<String, JsonText> set = new LinkedHashMap<>();
  final Set<String> unset = new LinkedHashSet<>();

  /** Null where it stays as it is. */
  Optional<Duration> idleTimeout;

  /** Null where it stays as it is. */
  Optional<String> subject;

  Device device = Device.UNKNOWN;

  /** Absence: null for what is not there. */
  void add(String key, String was, String now) {
    if (now == null && was != null) unset.add(key);
    if (now != null && !now.equals(was)) set.put(key, new JsonText(now));
  }

  boolean isEmpty() {
    return set.isEmpty() && unset.isEmpty() && idleTimeout == null && subject == null;
  }
}
