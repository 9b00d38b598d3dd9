package io.github.restsessions;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Sends calls: on connections that are kept, within the time, and once more where that is safe. */
final class Transport {
  private final Options options;
  private final Answers answers;
  private final HttpClient http;

  Transport(Options options) {
    options.check();
    this.options = options;
    this.answers = new Answers(options);
    this.http =
        HttpClient.newBuilder()
            // With HTTP/2 it would ask each http:// server for an upgrade.
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            // A redirect would take tokens and keys to wherever it points.
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .build();
  }

  /** Sends a call. The future fails with a SessionException; to cancel it ends the request. */
  <T> CompletableFuture<T> send(Call call, Function<String, T> read) {
    return new Sending<>(call, read).begin();
  }

  /** Sends a call whose answer has no end. */
  CompletableFuture<HttpResponse<Void>> open(Call call, HttpResponse.BodyHandler<Void> body) {
    return http.sendAsync(requestOf(call), body);
  }

  Answers answers() {
    return answers;
  }

  private HttpRequest requestOf(Call call) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
            URI.create(options.base() + "/v1/apps/" + options.app() + call.path()));
    if (call.body() == null) request.method(call.method(), BodyPublishers.noBody());
    else
      request
          .method(call.method(), BodyPublishers.ofString(call.body()))
          .header("Content-Type", "application/json");
    request.setHeader("Accept", "application/json");
    call.headers().forEach(request::setHeader);
    if (options.key() != null) request.header("Authorization", "Bearer " + options.key());
    return request.build();
  }

  /** One call, with its attempts and its time. */
  private final class Sending<T> {
    private final Call call;
    private final Function<String, T> read;
    private final HttpRequest request;
    private final CompletableFuture<T> result = new CompletableFuture<>();
    private final CompletableFuture<Void> timer = new CompletableFuture<>();
    private volatile CompletableFuture<?> attempt;
    private volatile boolean answerHasBegun;

    Sending(Call call, Function<String, T> read) {
      this.call = call;
      this.read = read;
      this.request = requestOf(call);
    }

    CompletableFuture<T> begin() {
      attempt(call.isRepeatable());
      timer.orTimeout(options.timeout().plus(call.extra()).toMillis(), TimeUnit.MILLISECONDS);
      timer.whenComplete(
          (nothing, failure) -> {
            if (failure instanceof TimeoutException)
              result.completeExceptionally(answers.late(call));
          });
      result.whenComplete(
          (value, failure) -> {
            timer.complete(null);
            if (failure != null) attempt.cancel(true);
          });
      return result;
    }

    private void attempt(boolean mayRepeat) {
      CompletableFuture<HttpResponse<String>> sent =
          http.sendAsync(
              request,
              head -> {
                answerHasBegun = true;
                return BodySubscribers.ofString(StandardCharsets.UTF_8);
              });
      attempt = sent;
      sent.whenComplete(
          (response, failure) -> {
            if (failure == null) complete(response);
            else if (mayRepeat && !result.isDone() && isLost(failure)) attempt(false);
            else result.completeExceptionally(answers.lost(call, causeOf(failure)));
          });
    }

    /** The JDK itself sends a GET once more whose connection broke before the answer began. */
    private boolean isLost(Throwable failure) {
      boolean isRepeatedAlready = call.method().equals("GET") && !answerHasBegun;
      return causeOf(failure) instanceof IOException && !isRepeatedAlready;
    }

    private void complete(HttpResponse<String> response) {
      try {
        Answer answer = new Answer(response.statusCode(), response.headers(), response.body());
        result.complete(answers.read(call, answer, read));
      } catch (RuntimeException failure) {
        result.completeExceptionally(failure);
      }
    }
  }

  private static Throwable causeOf(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
