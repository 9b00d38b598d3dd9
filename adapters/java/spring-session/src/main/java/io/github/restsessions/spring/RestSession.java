package io.github.restsessions.spring;

import static org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME;

import io.github.restsessions.store.StoredSession;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.session.IndexResolver;
import org.springframework.session.Session;

/**
 * A session of Spring Session, as one request has it.
 *
 * <p>The attribute {@code PRINCIPAL_NAME_INDEX_NAME} is the subject of the session, for all stacks:
 * to set it is a login, and it is there when another stack has logged the user in.
 */
public final class RestSession implements Session {
  private static final String SECURITY_CONTEXT = "SPRING_SECURITY_CONTEXT";

  /** Spring Session's word for a session that does not end when nobody is there. */
  private static final Duration NEVER = Duration.ofSeconds(-1);

  private final StoredSession stored;
  private final Runnable onChange;

  private boolean isSubjectSet;
  private boolean isLoggedOut;
  private boolean isResolving;

  /**
   * @param onChange is run after each change
   */
  RestSession(StoredSession stored, Runnable onChange) {
    this.stored = stored;
    this.onChange = onChange;
  }

  StoredSession stored() {
    return stored;
  }

  /** The token, which is what the cookie has. */
  @Override
  public String getId() {
    return stored.token();
  }

  /** The id that is safe to log and to show. Absence: empty while the server does not have it. */
  public Optional<String> getPublicId() {
    return stored.id();
  }

  @Override
  public String changeSessionId() {
    String token = stored.changeToken();
    onChange.run();
    return token;
  }

  @Override
  @SuppressWarnings("unchecked")
  public <T> T getAttribute(String name) {
    if (!name.equals(PRINCIPAL_NAME_INDEX_NAME)) return (T) stored.get(name);
    // What was resolved before must not be taken for what is to be resolved now.
    return isResolving && !isSubjectSet ? null : (T) stored.subject().orElse(null);
  }

  @Override
  public Set<String> getAttributeNames() {
    Set<String> names = new LinkedHashSet<>(stored.names());
    if (stored.subject().isPresent()) names.add(PRINCIPAL_NAME_INDEX_NAME);
    return names;
  }

  @Override
  public void setAttribute(String name, Object value) {
    if (name.equals(PRINCIPAL_NAME_INDEX_NAME)) {
      stored.setSubject(Optional.ofNullable(value).map(Object::toString));
      isSubjectSet = true;
    } else {
      isLoggedOut |= name.equals(SECURITY_CONTEXT) && value == null && stored.get(name) != null;
      stored.set(name, value);
    }
    onChange.run();
  }

  @Override
  public void removeAttribute(String name) {
    setAttribute(name, null);
  }

  @Override
  public Instant getCreationTime() {
    return stored.createdAt();
  }

  @Override
  public void setLastAccessedTime(Instant instant) {
    stored.setLastSeenAt(instant);
  }

  @Override
  public Instant getLastAccessedTime() {
    return stored.lastSeenAt();
  }

  /** A negative one is for a session that does not end when nobody is there. */
  @Override
  public void setMaxInactiveInterval(Duration interval) {
    stored.setIdleTimeout(Optional.of(interval).filter(timeout -> !timeout.isNegative()));
    onChange.run();
  }

  @Override
  public Duration getMaxInactiveInterval() {
    return stored.idleTimeout().orElse(NEVER);
  }

  @Override
  public boolean isExpired() {
    return stored.isExpired();
  }

  /** Makes the session that of the user whom Spring Security has logged in, or nobody's. */
  void resolveSubject(IndexResolver<Session> resolver) {
    if (!stored.isWritten() || isSubjectSet) return;
    isResolving = true;
    Map<String, String> indexes;
    try {
      indexes = resolver.resolveIndexesFor(this);
    } finally {
      isResolving = false;
    }
    String principal = indexes.get(PRINCIPAL_NAME_INDEX_NAME);
    if (principal != null || isLoggedOut) stored.setSubject(Optional.ofNullable(principal));
  }

  void saved() {
    isSubjectSet = false;
    isLoggedOut = false;
  }
}
