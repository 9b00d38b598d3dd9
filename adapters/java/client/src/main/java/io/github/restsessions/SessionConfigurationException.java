package io.github.restsessions;

/** The client is set up wrongly: its URL, its key, its app. */
public final class SessionConfigurationException extends SessionException {
  private static final long serialVersionUID = 1L;

  SessionConfigurationException(Failure failure) {
    super(failure);
  }
}
