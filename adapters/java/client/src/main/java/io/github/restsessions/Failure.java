package io.github.restsessions;

import io.github.restsessions.SessionException.Fault;
import java.time.Duration;
import java.util.List;

/** What an exception is made of. Absence: status 0, null for retryAfter and cause. */
record Failure(
    String code,
    String message,
    int status,
    boolean isRetryable,
    Duration retryAfter,
    List<Fault> faults,
    Throwable cause) {

  static Failure of(String code, String message) {
    return new Failure(code, message, 0, false, null, List.of(), null);
  }

  Failure status(int newStatus) {
    return new Failure(code, message, newStatus, isRetryable, retryAfter, faults, cause);
  }

  Failure retryable(boolean newRetryable, Duration newRetryAfter) {
    return new Failure(code, message, status, newRetryable, newRetryAfter, faults, cause);
  }

  Failure faults(List<Fault> newFaults) {
    return new Failure(code, message, status, isRetryable, retryAfter, newFaults, cause);
  }

  Failure because(Throwable newCause) {
    return new Failure(code, message, status, isRetryable, retryAfter, faults, newCause);
  }
}
