package io.github.restsessions;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Calls the v1 API of the server, and waits for the answer. It is safe for concurrent use, and an
 * application needs one.
 *
 * <p>Each call throws a {@link SessionException}. What can be no token is {@link
 * SessionNotFoundException}, and the server is not asked.
 */
public final class SessionClient {
  private final AsyncSessionClient async;

  /** Throws SessionConfigurationException that says which option is wrong. */
  public SessionClient(Options options) {
    this.async = new AsyncSessionClient(options);
  }

  /**
   * Gives a client for a server without API keys.
   *
   * @param url of the server, for example {@code http://127.0.0.1:3000}
   * @param app the name of the app whose sessions these are
   */
  public static SessionClient of(String url, String app) {
    return new SessionClient(Options.of(url, app));
  }

  /** The same calls, with futures, on the same connections. */
  public AsyncSessionClient async() {
    return async;
  }

  /** Makes a session, with a token of the server. A lost answer leaves no orphan. */
  public TokenAndSession create(NewSession session) {
    return await(async.create(session));
  }

  /** Reads a session. */
  public Session get(String token, Read how) {
    return await(async.get(token, how));
  }

  /** Reads a session. Absence: empty, also for a text that can be no token. */
  public Optional<Session> find(String token, Read how) {
    try {
      return Optional.of(get(token, how));
    } catch (SessionNotFoundException gone) {
      return Optional.empty();
    }
  }

  /** Changes top-level keys of the data, and touches the session. It never creates one. */
  public Session patch(String token, Change change) {
    return await(async.patch(token, change));
  }

  /** Creates or replaces the session under a token that the caller has chosen. */
  public Session put(String token, NewSession session, Condition condition) {
    return await(async.put(token, session, condition));
  }

  /** Replaces the whole data of a session. */
  public Session replaceData(String token, Map<String, ?> data) {
    return await(async.replaceData(token, data));
  }

  /** Slides the idle deadline. */
  public Session touch(String token) {
    return await(async.touch(token));
  }

  /** Gives a session a new token, and with a subject logs somebody in. */
  public TokenAndSession rotate(String token, Rotation rotation) {
    return await(async.rotate(token, rotation));
  }

  /** Ends a session. It tells whether there was one. */
  public boolean revoke(String token) {
    return await(async.revoke(token));
  }

  /**
   * Ends a session. It tells whether there was one.
   *
   * @param reason why, for events, history and audit log: 200 characters at most
   */
  public boolean revoke(String token, Optional<String> reason) {
    return await(async.revoke(token, reason));
  }

  /** Reads a session by its public id. Absence: empty. */
  public Optional<Session> findById(String id) {
    try {
      return Optional.of(await(async.getById(id)));
    } catch (SessionNotFoundException gone) {
      return Optional.empty();
    }
  }

  /** Ends a session by its public id. It tells whether there was one. */
  public boolean revokeById(String id) {
    return await(async.revokeById(id));
  }

  /**
   * Ends a session by its public id. It tells whether there was one.
   *
   * @param reason why, for events, history and audit log: 200 characters at most
   */
  public boolean revokeById(String id, Optional<String> reason) {
    return await(async.revokeById(id, reason));
  }

  /**
   * Gives a page of the sessions of the app, the latest activity first.
   *
   * @param cursor where it goes on; empty for the first page
   */
  public Page list(Optional<String> cursor) {
    return await(async.list(cursor));
  }

  /**
   * Gives a page of the sessions of a user: their devices.
   *
   * @param cursor where it goes on; empty for the first page
   */
  public Page listSubject(String subject, Optional<String> cursor) {
    return await(async.listSubject(subject, cursor));
  }

  /**
   * Ends all sessions of a user. It gives how many.
   *
   * @param except the public id of one that goes on; empty for none
   */
  public int revokeSubject(String subject, Optional<String> except) {
    return await(async.revokeSubject(subject, except));
  }

  /**
   * Ends all sessions of a user. It gives how many.
   *
   * @param except the public id of one that goes on; empty for none
   * @param reason why, for events, history and audit log: 200 characters at most
   */
  public int revokeSubject(String subject, Optional<String> except, Optional<String> reason) {
    return await(async.revokeSubject(subject, except, reason));
  }

  /** Gives what has ended of a user, the latest end first, where the policy keeps a history. */
  public List<EndedSession> history(String subject) {
    return await(async.history(subject));
  }

  /** Erases the history of a user. It gives how many entries there were. */
  public int eraseHistory(String subject) {
    return await(async.eraseHistory(subject));
  }

  /** Gives a part of the events that are kept. */
  public EventPage eventPage(EventQuery query) {
    return await(async.eventPage(query));
  }

  /** Gives the events of the app as they happen. */
  public EventStream events(EventQuery query) {
    return async.events(query);
  }

  /**
   * Tells for each token whether it opens a session, in order. Asking is no activity. 500 tokens at
   * most.
   */
  public List<Optional<Session>> verify(List<String> tokens) {
    return await(async.verify(tokens));
  }

  private static <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof SessionException failure) {
        // Where the caller stands helps; where the thread of the connection stood does not.
        failure.fillInStackTrace();
        throw failure;
      }
      throw new IllegalStateException(failed.getCause());
    } catch (InterruptedException interrupted) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new SessionTimeoutException(
          Failure.of("interrupted", "the thread was interrupted while it waited")
              .because(interrupted));
    }
  }
}
