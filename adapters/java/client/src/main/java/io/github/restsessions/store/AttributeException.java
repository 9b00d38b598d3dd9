package io.github.restsessions.store;

import io.github.restsessions.SessionException;

/** An attribute cannot be kept, or cannot be read. The message names it and its class. */
public final class AttributeException extends SessionException {
  private static final long serialVersionUID = 1L;

  AttributeException(String message, Throwable cause) {
    super("wrong_attribute", message, cause);
  }
}
