package io.github.restsessions;

import java.math.BigDecimal;
import java.time.Duration;

/** Durations as the server has them: seconds, of which a fraction counts. */
final class Timeouts {
  private Timeouts() {}

  static Duration ofSeconds(BigDecimal seconds) {
    return Duration.ofMillis(seconds.movePointRight(3).longValue());
  }

  static BigDecimal seconds(Duration duration) {
    return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros();
  }
}
