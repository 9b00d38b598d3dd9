package io.github.restsessions.servlet;

import io.github.restsessions.store.StoredSession;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** What an application has as its session. */
final class ServletSession implements HttpSession {
  private final StoredSession stored;
  private final ServletContext context;
  private final Runnable end;
  private final boolean isNew;
  private final Instant lastSeenAt;
  private volatile boolean isEnded;

  /**
   * @param end ends it on the server
   */
  ServletSession(StoredSession stored, ServletContext context, Runnable end) {
    this.stored = stored;
    this.context = context;
    this.end = end;
    this.isNew = stored.isNew();
    this.lastSeenAt = stored.lastSeenAt();
  }

  StoredSession stored() {
    return stored;
  }

  private StoredSession open() {
    if (isEnded) throw new IllegalStateException("the session was invalidated");
    return stored;
  }

  @Override
  public String getId() {
    return stored.token();
  }

  @Override
  public long getCreationTime() {
    return open().createdAt().toEpochMilli();
  }

  @Override
  public long getLastAccessedTime() {
    open();
    return lastSeenAt.toEpochMilli();
  }

  @Override
  public ServletContext getServletContext() {
    return context;
  }

  /** In seconds; 0 or less for a session that does not end when nobody is there. */
  @Override
  public void setMaxInactiveInterval(int seconds) {
    open()
        .setIdleTimeout(
            Optional.of(Duration.ofSeconds(seconds)).filter(t -> !t.isNegative() && !t.isZero()));
  }

  @Override
  public int getMaxInactiveInterval() {
    return stored
        .idleTimeout()
        .map(timeout -> (int) Math.min(timeout.toSeconds(), Integer.MAX_VALUE))
        .orElse(-1);
  }

  @Override
  public Object getAttribute(String name) {
    if (name.equals(RestSessionFilter.SUBJECT)) return open().subject().orElse(null);
    return open().get(name);
  }

  @Override
  public Enumeration<String> getAttributeNames() {
    Set<String> names = new LinkedHashSet<>(open().names());
    if (stored.subject().isPresent()) names.add(RestSessionFilter.SUBJECT);
    return Collections.enumeration(names);
  }

  @Override
  public void setAttribute(String name, Object value) {
    if (name.equals(RestSessionFilter.SUBJECT)) {
      open().setSubject(Optional.ofNullable(value).map(Object::toString));
      return;
    }
    Object was = open().get(name);
    stored.set(name, value);
    if (was != value && was instanceof HttpSessionBindingListener listener)
      listener.valueUnbound(new HttpSessionBindingEvent(this, name, was));
    if (was != value && value instanceof HttpSessionBindingListener listener)
      listener.valueBound(new HttpSessionBindingEvent(this, name, value));
  }

  @Override
  public void removeAttribute(String name) {
    setAttribute(name, null);
  }

  @Override
  public void invalidate() {
    open();
    isEnded = true;
    end.run();
  }

  @Override
  public boolean isNew() {
    open();
    return isNew;
  }
}
