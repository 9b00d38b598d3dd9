package io.github.restsessions;

import io.github.restsessions.SessionException.Fault;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Takes answers apart. Whatever is none of the server's is never "no such session", on which users
 * are logged out.
 */
final class Answers {
  private final Options options;

  Answers(Options options) {
    this.options = options;
  }

  SessionException late(Call call) {
    long millis = options.timeout().plus(call.extra()).toMillis();
    String message = options.base() + " did not answer within " + millis + " ms";
    return new SessionTimeoutException(
        Failure.of("timeout", message).retryable(call.isRepeatable(), null));
  }

  SessionException lost(Call call, Throwable cause) {
    String reason =
        cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return new SessionServerLostException(
        Failure.of("unreachable", options.base() + " cannot be reached: " + reason)
            .retryable(call.isRepeatable(), null)
            .because(cause));
  }

  SessionException silent(Duration silence) {
    String message = options.base() + " said nothing for " + silence.toMillis() + " ms";
    return new SessionTimeoutException(Failure.of("timeout", message).retryable(true, null));
  }

  SessionException ended() {
    String message = options.base() + " ended the stream";
    return new SessionServerLostException(Failure.of("unreachable", message).retryable(true, null));
  }

  /** For what is no event in an answer that should tell of events. To ask again does not help. */
  SessionException noEvent(RuntimeException fault) {
    String message = options.base() + " tells of something that is no event";
    return new SessionConfigurationException(
        Failure.of("not_rest_sessions", message).because(fault));
  }

  /** What an answer means that should have been an event stream. */
  SessionException refusal(Call call, Answer answer) {
    try {
      read(call, answer, json -> json);
    } catch (SessionException refused) {
      return refused;
    }
    return foreign(call, answer, mediaOf(answer.headers()), null);
  }

  <T> T read(Call call, Answer response, Function<String, T> read) {
    int status = response.status();
    String media = mediaOf(response.headers());
    try {
      if (status < 300 && media.equals("application/json")) return read.apply(response.body());
      if (status >= 400 && media.equals("application/problem+json")) throw refused(response);
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException fault) {
      throw foreign(call, response, media, fault);
    }
    throw foreign(call, response, media, null);
  }

  static String mediaOf(HttpHeaders headers) {
    String type = headers.firstValue("Content-Type").orElse("");
    return type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
  }

  private SessionException refused(Answer response) {
    Members of = new Members(response.body());
    int status = response.status();
    String code = of.text("code");
    String detail = of.maybeText("detail").orElse(code);
    String at = options.base();
    Failure failure = Failure.of(code, detail).status(status).faults(faultsOf(of));
    return switch (code) {
      case "session_not_found" -> new SessionNotFoundException(failure);
      case "unauthorized" ->
          wrong("wrong_key", at + " does not take the API key: " + detail, failure);
      case "forbidden" -> {
        String what = at + " does not let this API key do that in the app " + options.app();
        yield wrong("wrong_key", what + ": " + detail, failure);
      }
      case "app_not_found" ->
          wrong("wrong_app", at + " has no app " + options.app() + ": " + detail, failure);
      default ->
          new SessionException(
              failure.retryable(status == 429 || status >= 500, retryAfter(response)));
    };
  }

  private static SessionException wrong(String code, String message, Failure was) {
    return new SessionConfigurationException(Failure.of(code, message).status(was.status()));
  }

  private static List<Fault> faultsOf(Members problem) {
    return problem.items("errors").stream()
        .map(
            item -> {
              Members of = new Members(item.text());
              Optional<String> at = of.maybeText("pointer").or(() -> of.maybeText("parameter"));
              return new Fault(at.orElse(""), of.text("rule"), of.text("message"));
            })
        .toList();
  }

  private SessionException foreign(
      Call call, Answer response, String media, RuntimeException cause) {
    int status = response.status();
    if (status >= 500 || status == 429) {
      String message =
          options.base() + " answered " + status + ", which is not of the session server itself";
      // A proxy that gives up on an answer does not know whether a write was done.
      boolean isRetryable = call.isRepeatable() || status == 429 || status == 503;
      return new SessionServerLostException(
          Failure.of("unreachable", message)
              .status(status)
              .retryable(isRetryable, retryAfter(response)));
    }
    String message =
        "there is no REST-Sessions server at "
            + options.base()
            + ": it answered "
            + status
            + " "
            + media;
    return new SessionConfigurationException(
        Failure.of("not_rest_sessions", message.trim()).status(status).because(cause));
  }

  /** Reads seconds, or as proxies have it an instant. Absence: null. */
  private static Duration retryAfter(Answer response) {
    String after = response.headers().firstValue("Retry-After").orElse("");
    if (after.matches("\\d{1,9}")) return Duration.ofSeconds(Long.parseLong(after));
    try {
      Instant at = ZonedDateTime.parse(after, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration until = Duration.between(Instant.now(), at);
      return until.isNegative() ? Duration.ZERO : until;
    } catch (DateTimeException notSaid) {
      return null;
    }
  }
}
