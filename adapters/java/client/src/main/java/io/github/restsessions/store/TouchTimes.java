package io.github.restsessions.store;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Knows when each session was last touched by this process: a read slides the idle deadline, but
 * once in a while is enough.
 */
final class TouchTimes {
  /** One that is forgotten is touched once more, which does no harm. */
  private static final int MOST = 10_000;

  private final Duration interval;
  private final Map<String, Instant> due = new LinkedHashMap<>();

  TouchTimes(Duration interval) {
    this.interval = interval;
  }

  synchronized boolean isDue(String token, Instant now) {
    Instant at = due.get(token);
    return at == null || !now.isBefore(at);
  }

  /**
   * Notes a touch. A session that ends sooner than the interval is touched twice in its idle
   * timeout, or it would end while someone is there.
   */
  synchronized void note(String token, Optional<Duration> idleTimeout, Instant now) {
    Duration half = idleTimeout.map(timeout -> timeout.dividedBy(2)).orElse(interval);
    due.remove(token);
    if (due.size() >= MOST) due.remove(due.keySet().iterator().next());
    due.put(token, now.plus(half.compareTo(interval) < 0 ? half : interval));
  }

  synchronized void forget(String token) {
    due.remove(token);
  }
}
