package io.github.restsessions;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a call failed with. Its message has no token and no key.
 *
 * <p>This class itself says that the server refused the request: a limit, a value, its store. The
 * subclasses are the cases that a caller has to tell apart.
 */
public class SessionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final int status;
  private final boolean retryable;
  private final transient Duration retryAfter;
  private final transient List<Fault> faults;

  SessionException(Failure failure) {
    super(failure.message() + " (" + failure.code() + ")", failure.cause());
    this.code = failure.code();
    this.status = failure.status();
    this.retryable = failure.isRetryable();
    this.retryAfter = failure.retryAfter();
    this.faults = failure.faults();
  }

  /** For what is found wrong before the server is asked. */
  protected SessionException(String code, String message, Throwable cause) {
    this(Failure.of(code, message).because(cause));
  }

  /** One of docs/errors.md of the server, or the client's own, for example {@code timeout}. */
  public String code() {
    return code;
  }

  /** The status of the answer; 0 when there was none. */
  public int status() {
    return status;
  }

  /**
   * Tells whether the same call may succeed later, and does no harm if the first one did its work
   * after all.
   */
  public boolean isRetryable() {
    return retryable;
  }

  /** How long to wait before the same call; empty when the server did not say. */
  public Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  /** The values that were wrong; empty where it is not about values. */
  public List<Fault> faults() {
    return faults == null ? List.of() : faults;
  }

  /**
   * One value of a request that the server refused.
   *
   * @param at a JSON pointer into the body, or the name of a parameter
   * @param rule the rule that it breaks
   * @param message for people
   */
  public record Fault(String at, String rule, String message) {}
}
