package io.github.restsessions;

/**
 * There is no such session: it never was, has expired, or was ended. It is the only failure on
 * which a cookie is cleared.
 */
public final class SessionNotFoundException extends SessionException {
  private static final long serialVersionUID = 1L;

  SessionNotFoundException(Failure failure) {
    super(failure);
  }
}
