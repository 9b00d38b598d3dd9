package io.github.restsessions.store;

import io.github.restsessions.Change;
import io.github.restsessions.Condition;
import io.github.restsessions.NewSession;
import io.github.restsessions.Read;
import io.github.restsessions.Rotation;
import io.github.restsessions.Session;
import io.github.restsessions.SessionClient;
import io.github.restsessions.SessionException;
import io.github.restsessions.SessionNotFoundException;
import io.github.restsessions.Token;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Reads and writes the sessions of one application.
 *
 * <p>A page that changes nothing costs one request: its read slides the deadline, once in a while.
 * One that changes something costs two, and sends no key but those that it changed.
 */
public final class SessionStore {
  private final SessionClient client;
  private final String prefix;
  private final AttributeCodec codec;
  private final TouchTimes touches;
  private final boolean isDeep;
  private final Optional<Duration> idleTimeout;

  /** Takes the settings as they are now. */
  public SessionStore(SessionClient client, StoreSettings settings) {
    this.client = client;
    this.prefix = settings.prefix();
    this.codec = new AttributeCodec(settings.isPrivate(), settings.filter());
    this.touches = new TouchTimes(settings.touchInterval());
    this.isDeep = settings.isDeep();
    this.idleTimeout = settings.idleTimeout();
  }

  /** Gives a new session with a new token. The server hears of it when it is saved. */
  public StoredSession begin() {
    StoredSession session = new StoredSession(codec, prefix, Optional.empty());
    idleTimeout.ifPresent(timeout -> session.setIdleTimeout(Optional.of(timeout)));
    return session;
  }

  /** Reads a session. Absence: empty, also for a text that can be no token, without a request. */
  public Optional<StoredSession> find(String token) {
    if (!Token.isPossible(token)) return Optional.empty();
    Instant now = Instant.now();
    boolean isDue = touches.isDue(token, now);
    Optional<Session> session = client.find(token, isDue ? Read.AND_TOUCH : Read.ONLY);
    if (isDue) session.ifPresent(found -> touches.note(token, found.idleTimeout(), now));
    return session.map(found -> stored(token, found));
  }

  /** Gives a session that was read otherwise; `token` may be a stand-in that the server has not. */
  public StoredSession stored(String token, Session session) {
    return new StoredSession(codec, prefix, token, session);
  }

  /**
   * Begins a session, or writes what has changed of it, or nothing.
   *
   * @throws SessionEndedException when it was ended since it was read: it is not brought back. So
   *     is what another page has given a new token, as when a login form is sent twice
   */
  public void save(StoredSession session) {
    synchronized (session) {
      Delta delta = session.delta(isDeep);
      if (session.isNew()) create(session, delta);
      else {
        try {
          if (session.oldToken().isPresent()) rotate(session, delta);
          else if (!delta.isEmpty()) patch(session, delta);
          else touch(session);
        } catch (SessionException fault) {
          if (!isGone(fault)) throw fault;
          throw new SessionEndedException(fault);
        }
      }
    }
  }

  private static boolean isGone(SessionException fault) {
    return fault instanceof SessionNotFoundException || fault.code().equals("token_replaced");
  }

  /** Ends a session. It tells whether there was one. */
  public boolean end(String token) {
    touches.forget(token);
    return client.revoke(token);
  }

  private void create(StoredSession session, Delta delta) {
    NewSession made = new NewSession().data(delta.set);
    if (delta.idleTimeout != null) made.idleTimeout(delta.idleTimeout.orElse(null));
    if (delta.subject != null) made.subject(delta.subject.orElse(null));
    delta.device.ip().ifPresent(made::ip);
    delta.device.userAgent().ifPresent(made::userAgent);
    saved(session, delta, client.put(session.token(), made, Condition.ONLY_NEW));
  }

  /** A login is one request, with what was set at the same time. Only removals need another. */
  private void rotate(StoredSession session, Delta delta) {
    Rotation rotation = new Rotation().token(session.token()).grace(Duration.ZERO).data(delta.set);
    if (delta.idleTimeout != null) rotation.idleTimeout(delta.idleTimeout.orElse(null));
    if (delta.subject != null) rotation.subject(delta.subject.orElse(null));
    String old = session.oldToken().orElseThrow();
    Session rotated = client.rotate(old, rotation).session();
    touches.forget(old);
    if (!delta.unset.isEmpty()) {
      Change change = new Change();
      delta.unset.forEach(change::unset);
      rotated = client.patch(session.token(), change);
    }
    saved(session, delta, rotated);
  }

  private void patch(StoredSession session, Delta delta) {
    Change change = new Change();
    delta.set.forEach(change::set);
    delta.unset.forEach(change::unset);
    if (delta.idleTimeout != null) change.idleTimeout(delta.idleTimeout.orElse(null));
    if (delta.subject != null) change.subject(delta.subject.orElse(null));
    saved(session, delta, client.patch(session.token(), change));
  }

  /** The read has said that someone is there, unless the session was held for long since. */
  private void touch(StoredSession session) {
    Instant now = Instant.now();
    if (session.isTouched() && touches.isDue(session.token(), now))
      saved(session, new Delta(), client.touch(session.token()));
  }

  private void saved(StoredSession session, Delta delta, Session saved) {
    touches.note(session.token(), saved.idleTimeout(), Instant.now());
    session.saved(delta, saved);
  }
}
