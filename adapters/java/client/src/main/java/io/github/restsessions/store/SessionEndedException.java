package io.github.restsessions.store;

/**
 * A session was ended between its read and its write. It is not brought back.
 *
 * <p>Servlets and Spring Session tell so by an IllegalStateException.
 */
public final class SessionEndedException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  SessionEndedException(Throwable cause) {
    super("the session was ended meanwhile", cause);
  }
}
