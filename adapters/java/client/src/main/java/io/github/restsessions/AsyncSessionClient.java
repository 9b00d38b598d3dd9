package io.github.restsessions;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Calls the v1 API of the server. It is safe for concurrent use, and an application needs one.
 *
 * <p>Each future fails with a {@link SessionException}; to cancel it ends its request. What can be
 * no token is {@link SessionNotFoundException}, and the server is not asked.
 */
public final class AsyncSessionClient {
  private final Transport transport;

  /** Throws SessionConfigurationException that says which option is wrong. */
  public AsyncSessionClient(Options options) {
    this.transport = new Transport(options);
  }

  /** Makes a session, with a token of the server. A lost answer leaves no orphan. */
  public CompletableFuture<TokenAndSession> create(NewSession session) {
    Call call = withKey(Call.post("/sessions", session.json()));
    return transport.send(call, TokenAndSession::read);
  }

  /** Reads a session. */
  public CompletableFuture<Session> get(String token, Read how) {
    return ofSession(token, Call.get(how == Read.AND_TOUCH ? "/session?touch=true" : "/session"));
  }

  /** Changes top-level keys of the data, and touches the session. It never creates one. */
  public CompletableFuture<Session> patch(String token, Change change) {
    return ofSession(token, new Call("PATCH", "/session", Map.of(), change.json(), false));
  }

  /** Creates or replaces the session under a token that the caller has chosen. */
  public CompletableFuture<Session> put(String token, NewSession session, Condition condition) {
    Call call = new Call("PUT", "/session", Map.of(), session.json(), false);
    return ofSession(
        token,
        switch (condition) {
          case NONE -> call;
          case ONLY_NEW -> call.with("If-None-Match", "*");
          case ONLY_EXISTING -> call.with("If-Match", "*");
        });
  }

  /** Replaces the whole data of a session. */
  public CompletableFuture<Session> replaceData(String token, Map<String, ?> data) {
    Call call = new Call("PUT", "/session/data", Map.of(), JsonWriter.write(data), false);
    return ofSession(token, call);
  }

  /** Slides the idle deadline. */
  public CompletableFuture<Session> touch(String token) {
    return ofSession(token, Call.post("/session/touch", null).repeatable());
  }

  /** Gives a session a new token, and with a subject logs somebody in. */
  public CompletableFuture<TokenAndSession> rotate(String token, Rotation rotation) {
    Call call = withKey(Call.post("/session/rotate", rotation.json()));
    return withToken(token, call, TokenAndSession::read);
  }

  /** Ends a session. It tells whether there was one. */
  public CompletableFuture<Boolean> revoke(String token) {
    return revoke(token, Optional.empty());
  }

  /**
   * Ends a session. It tells whether there was one.
   *
   * @param reason why, for events, history and audit log: 200 characters at most
   */
  public CompletableFuture<Boolean> revoke(String token, Optional<String> reason) {
    if (!Token.isPossible(token)) return CompletableFuture.completedFuture(false);
    Call call = Call.delete("/session" + query(Optional.empty(), reason));
    return withToken(token, call, json -> revoked(json) > 0);
  }

  /** Reads a session by its public id. */
  public CompletableFuture<Session> getById(String id) {
    return transport.send(Call.get("/sessions/" + Texts.encoded(id)), Session::read);
  }

  /** Ends a session by its public id. It tells whether there was one. */
  public CompletableFuture<Boolean> revokeById(String id) {
    return revokeById(id, Optional.empty());
  }

  /**
   * Ends a session by its public id. It tells whether there was one.
   *
   * @param reason why, for events, history and audit log: 200 characters at most
   */
  public CompletableFuture<Boolean> revokeById(String id, Optional<String> reason) {
    String path = "/sessions/" + Texts.encoded(id) + query(Optional.empty(), reason);
    return transport.send(Call.delete(path), json -> revoked(json) > 0);
  }

  /**
   * Gives a page of the sessions of the app, the latest activity first.
   *
   * @param cursor where it goes on; empty for the first page
   */
  public CompletableFuture<Page> list(Optional<String> cursor) {
    return page("/sessions", cursor);
  }

  /**
   * Gives a page of the sessions of a user: their devices.
   *
   * @param cursor where it goes on; empty for the first page
   */
  public CompletableFuture<Page> listSubject(String subject, Optional<String> cursor) {
    return page(subjectPath(subject, "sessions"), cursor);
  }

  /**
   * Ends all sessions of a user. It gives how many.
   *
   * @param except the public id of one that goes on; empty for none
   */
  public CompletableFuture<Integer> revokeSubject(String subject, Optional<String> except) {
    return revokeSubject(subject, except, Optional.empty());
  }

  /**
   * Ends all sessions of a user. It gives how many.
   *
   * @param except the public id of one that goes on; empty for none
   * @param reason why, for events, history and audit log: 200 characters at most
   */
  public CompletableFuture<Integer> revokeSubject(
      String subject, Optional<String> except, Optional<String> reason) {
    String path = subjectPath(subject, "sessions") + query(except, reason);
    return transport.send(Call.delete(path), AsyncSessionClient::revoked);
  }

  /** Gives what has ended of a user, the latest end first, where the policy keeps a history. */
  public CompletableFuture<List<EndedSession>> history(String subject) {
    return transport.send(Call.get(subjectPath(subject, "history")), EndedSession::readAll);
  }

  /** Erases the history of a user. It gives how many entries there were. */
  public CompletableFuture<Integer> eraseHistory(String subject) {
    return transport.send(
        Call.delete(subjectPath(subject, "history")),
        json -> new Members(json).number("erased").intValueExact());
  }

  /** Gives a part of the events that are kept. */
  public CompletableFuture<EventPage> eventPage(EventQuery query) {
    return transport.send(Call.get(query.pagePath()).waiting(query.waiting()), EventPage::read);
  }

  EventStream events(EventQuery query) {
    return new EventStream(transport, query);
  }

  /**
   * Tells for each token whether it opens a session, in order. Asking is no activity. 500 tokens at
   * most.
   */
  public CompletableFuture<List<Optional<Session>>> verify(List<String> tokens) {
    String body = JsonWriter.write(Map.of("tokens", tokens));
    return transport.send(
        Call.post("/sessions:verify", body).repeatable(), json -> verified(json, tokens.size()));
  }

  /** Throws IllegalArgumentException where it is not one result for each token. */
  private static List<Optional<Session>> verified(String json, int count) {
    List<JsonText> results = new Members(json).list("results");
    if (results.size() != count)
      throw new IllegalArgumentException("the answer has " + results.size() + " results");
    return results.stream()
        .map(result -> new Members(result.text()))
        .map(
            of ->
                of.json("active").value().equals(true)
                    ? Optional.of(Session.read(of.json("session").text()))
                    : Optional.<Session>empty())
        .toList();
  }

  private CompletableFuture<Session> ofSession(String token, Call call) {
    return withToken(token, call, Session::read);
  }

  private <T> CompletableFuture<T> withToken(String token, Call call, Function<String, T> read) {
    if (Token.isPossible(token)) return transport.send(call.with("Session-Token", token), read);
    Failure failure = Failure.of("session_not_found", "this can be no token");
    return CompletableFuture.failedFuture(new SessionNotFoundException(failure));
  }

  private CompletableFuture<Page> page(String path, Optional<String> cursor) {
    String query = "?limit=1000" + cursor.map(at -> "&cursor=" + Texts.encoded(at)).orElse("");
    return transport.send(Call.get(path + query), Page::read);
  }

  /** A request with a key can be sent again: the server does its work once. */
  private static Call withKey(Call call) {
    return call.with("Idempotency-Key", UUID.randomUUID().toString()).repeatable();
  }

  /** URLs take "." and ".." for steps, so the server could not see them. */
  private static String subjectPath(String subject, String what) {
    if (subject.isEmpty() || subject.equals(".") || subject.equals(".."))
      throw new IllegalArgumentException("a subject must not be \"" + subject + "\"");
    return "/subjects/" + Texts.encoded(subject) + "/" + what;
  }

  private static String query(Optional<String> except, Optional<String> reason) {
    StringJoiner query = new StringJoiner("&", "?", "").setEmptyValue("");
    except.ifPresent(id -> query.add("except=" + Texts.encoded(id)));
    reason.ifPresent(note -> query.add("reason=" + Texts.encoded(note)));
    return query.toString();
  }

  private static int revoked(String json) {
    return new Members(json).number("revoked").intValueExact();
  }
}
