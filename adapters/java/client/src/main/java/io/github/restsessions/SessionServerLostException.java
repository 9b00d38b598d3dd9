package io.github.restsessions;

/** There was no connection to the server, or it broke. A write may have been done. */
public final class SessionServerLostException extends SessionException {
  private static final long serialVersionUID = 1L;

  SessionServerLostException(Failure failure) {
    super(failure);
  }
}
