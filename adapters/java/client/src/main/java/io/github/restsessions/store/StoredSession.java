package io.github.restsessions.store;

import io.github.restsessions.Session;
import io.github.restsessions.Token;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A session as one request has it. What is changed goes to the server when it is saved.
 *
 * <p>It is safe for concurrent use by the threads of its request.
 */
public final class StoredSession {
  private final AttributeCodec codec;
  private final String prefix;

  /** What the server has, as far as this request knows. */
  private final Map<String, String> texts = new LinkedHashMap<>();

  /** Values that were read or set; null for what was removed. */
  private final Map<String, Object> values = new HashMap<>();

  private final Set<String> written = new HashSet<>();

  /** The session as it was last read or saved; null while the server does not have it. */
  private Session session;

  private String token;

  /** The token that the server still knows it by; null where that is the token. */
  private String oldToken;

  private Instant createdAt;
  private Instant lastSeenAt;
  private Optional<Duration> idleTimeout;
  private boolean isTouched;
  private boolean hasNewTimeout;
  private Optional<String> subject = Optional.empty();
  private boolean hasNewSubject;
  private Device device = Device.UNKNOWN;

  /** A new one. */
  StoredSession(AttributeCodec codec, String prefix, Optional<Duration> idleTimeout) {
    this.codec = codec;
    this.prefix = prefix;
    this.token = Token.random();
    this.createdAt = Instant.now();
    this.lastSeenAt = createdAt;
    this.idleTimeout = idleTimeout;
  }

  /** One that was read. */
  StoredSession(AttributeCodec codec, String prefix, String token, Session session) {
    this(codec, prefix, session.idleTimeout());
    this.token = token;
    this.createdAt = session.createdAt();
    session.data().forEach((key, text) -> texts.put(key, text.text()));
    know(session);
  }

  /** What opens it. */
  public synchronized String token() {
    return token;
  }

  /** Takes a new token, as a login must; the old one opens nothing once this is saved. */
  public synchronized String changeToken() {
    if (session != null && oldToken == null) oldToken = token;
    token = Token.random();
    return token;
  }

  /** The public id. Absence: empty while the server does not have it. */
  public synchronized Optional<String> id() {
    return Optional.ofNullable(session).map(Session::id);
  }

  /** Tells whether the server does not have it yet. */
  public synchronized boolean isNew() {
    return session == null;
  }

  /** Gives the value of an attribute. Absence: null. Throws AttributeException. */
  public synchronized Object get(String name) {
    if (!values.containsKey(name)) values.put(name, codec.decode(name, textsOf(name)));
    return values.get(name);
  }

  /** Sets an attribute; null removes it. */
  public synchronized void set(String name, Object value) {
    values.put(name, value);
    written.add(name);
  }

  /** The names of all attributes. */
  public synchronized Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    for (String key : texts.keySet()) {
      String name = key.startsWith(prefix) ? key.substring(prefix.length()) : key;
      boolean isForeign = key.startsWith("_") && !key.startsWith(prefix);
      if (!isForeign && codec.isThere(name, textsOf(name))) names.add(name);
    }
    for (String name : written) {
      if (values.get(name) == null) names.remove(name);
      else names.add(name);
    }
    return names;
  }

  /** When it began. */
  public synchronized Instant createdAt() {
    return createdAt;
  }

  /** When someone was last there. */
  public synchronized Instant lastSeenAt() {
    return lastSeenAt;
  }

  /** Says that someone is there. */
  public synchronized void setLastSeenAt(Instant instant) {
    lastSeenAt = instant;
    isTouched = true;
  }

  /** What ends it when nobody is there. Absence: empty for none. */
  public synchronized Optional<Duration> idleTimeout() {
    return idleTimeout;
  }

  /** Sets what ends it when nobody is there; empty for none. */
  public synchronized void setIdleTimeout(Optional<Duration> timeout) {
    hasNewTimeout |= !timeout.equals(idleTimeout);
    idleTimeout = timeout;
  }

  /** Whose session it is. Absence: empty before the login. */
  public synchronized Optional<String> subject() {
    return subject;
  }

  /** Says whose session it is; empty for nobody's. */
  public synchronized void setSubject(Optional<String> newSubject) {
    hasNewSubject |= !newSubject.equals(subject);
    subject = newSubject;
  }

  /** Says what is known of the device that a new session is for. */
  public synchronized void setDevice(Device newDevice) {
    device = newDevice;
  }

  /** Tells whether its time is over. */
  public synchronized boolean isExpired() {
    Instant now = Instant.now();
    boolean isIdle = idleTimeout.map(t -> !lastSeenAt.plus(t).isAfter(now)).orElse(false);
    Optional<Instant> end = Optional.ofNullable(session).flatMap(Session::absoluteExpiresAt);
    return isIdle || end.map(at -> !at.isAfter(now)).orElse(false);
  }

  /** Tells whether attributes were set or removed since the last save. */
  public synchronized boolean isWritten() {
    return !written.isEmpty();
  }

  synchronized boolean isTouched() {
    return isTouched;
  }

  /** The token by which the server still knows it. Absence: empty where that is the token. */
  public synchronized Optional<String> oldToken() {
    return Optional.ofNullable(oldToken);
  }

  /**
   * Gives what is to be written.
   *
   * @param isDeep whether values that were only read are compared, too: they may have been changed
   *     inside
   */
  synchronized Delta delta(boolean isDeep) {
    Delta delta = new Delta();
    for (String name : isDeep ? values.keySet() : written) {
      Texts was = textsOf(name);
      Texts now = codec.encode(name, values.get(name));
      if (now.equals(was) || now.equals(again(name, was))) continue;
      delta.add(name, was.shared(), now.shared());
      delta.add(prefix + name, was.own(), now.own());
    }
    if (hasNewTimeout) delta.idleTimeout = idleTimeout;
    if (hasNewSubject) delta.subject = subject;
    if (session == null) delta.device = device;
    return delta;
  }

  /** What Java itself would write for a value that another stack has written. */
  private Texts again(String name, Texts was) {
    try {
      return codec.encode(name, codec.decode(name, was));
    } catch (AttributeException unreadable) {
      return was;
    }
  }

  /** Notes that the server has a delta. */
  synchronized void saved(Delta delta, Session saved) {
    delta.set.forEach((key, text) -> texts.put(key, text.text()));
    delta.unset.forEach(texts::remove);
    written.clear();
    hasNewTimeout = false;
    hasNewSubject = false;
    isTouched = false;
    oldToken = null;
    know(saved);
  }

  private void know(Session known) {
    session = known;
    lastSeenAt = known.lastSeenAt();
    idleTimeout = known.idleTimeout();
    subject = known.subject();
  }

  private Texts textsOf(String name) {
    String shared = name.startsWith("_") ? null : texts.get(name);
    return new Texts(shared, texts.get(prefix + name));
  }
}
