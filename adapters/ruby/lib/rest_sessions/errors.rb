# frozen_string_literal: true

# What a call fails with. A caller asks three things of an error: is the session gone (SessionNotFound, the only one on which a cookie
# is cleared), may the call be tried again (`retryable`), and which fault is it (`code`).
module RestSessions
  # A call that did not do what it was asked. Its text holds no token and no key.
  class Error < StandardError
    # One of docs/errors.md of the server, or one of those of the classes below.
    attr_reader :code
    # Of the answer. Absence: nil when there was none.
    attr_reader :status
    # When to try again. Units: seconds. Absence: nil when the server did not say.
    attr_reader :retry_after
    # Each value that was wrong: hashes with "rule" and "message", and "pointer" or "parameter".
    attr_reader :faults

    def initialize(code, message, status: nil, retryable: false, retry_after: nil, faults: [])
      super(message)
      @code = code
      @status = status
      @retryable = retryable
      @retry_after = retry_after
      @faults = faults
    end

    # Whether the same call may succeed later, and does no harm if the first one did its work after all.
    def retryable?
      @retryable
    end
    alias retryable retryable?
  end

  # There is no such session: it never was, has expired, or was ended. `status` is nil when the server was not asked, because what was
  # given can be no token.
  class SessionNotFound < Error
    def initialize(status: 404)
      super("session_not_found", "there is no such session", status: status)
    end
  end

  # The server did not answer in time. A write may have been done. Code: "timeout".
  class Timeout < Error; end

  # No connection to the server, or one that broke. A write may have been done. Code: "unreachable".
  class ServerLost < Error; end

  # The client is set up wrongly: "wrong_url", "wrong_key", "wrong_app", "wrong_timeout", "not_rest_sessions", "invalid_secret".
  class Configuration < Error; end

  # A request that is no webhook of the server: "invalid_headers", "wrong_timestamp", "wrong_signature", "invalid_body". Answer it with 400.
  class InvalidWebhook < Error; end
end
