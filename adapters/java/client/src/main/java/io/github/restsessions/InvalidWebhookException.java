package io.github.restsessions;

/**
 * A request that is no webhook of the server. Its code is {@code invalid_headers}, {@code
 * wrong_timestamp}, {@code wrong_signature} or {@code invalid_body}. Answer it with 400.
 */
public final class InvalidWebhookException extends SessionException {
  private static final long serialVersionUID = 1L;

  InvalidWebhookException(String code, String message) {
    super(Failure.of(code, message));
  }
}
