package io.github.restsessions;

/** The server did not answer in time. A write may have been done. */
public final class SessionTimeoutException extends SessionException {
  private static final long serialVersionUID = 1L;

  SessionTimeoutException(Failure failure) {
    super(failure);
  }
}
