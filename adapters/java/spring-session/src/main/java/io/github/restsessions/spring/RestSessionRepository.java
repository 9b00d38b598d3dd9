package io.github.restsessions.spring;

import io.github.restsessions.Page;
import io.github.restsessions.Session;
import io.github.restsessions.SessionClient;
import io.github.restsessions.store.SessionStore;
import io.github.restsessions.store.StoreSettings;
import io.github.restsessions.store.StoredSession;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.FlushMode;
import org.springframework.session.IndexResolver;
import org.springframework.session.MapSession;
import org.springframework.session.PrincipalNameIndexResolver;
import org.springframework.session.SaveMode;
import org.springframework.session.events.SessionCreatedEvent;
import org.springframework.session.events.SessionDeletedEvent;

/**
 * The sessions of Spring Session on a REST-Sessions server.
 *
 * <p>Only attributes that changed are written, so of requests at once all keep what they wrote. A
 * session that was ended while a request ran is not brought back: {@link #save} throws {@link
 * io.github.restsessions.store.SessionEndedException}.
 *
 * <p>It publishes SessionCreatedEvent and SessionDeletedEvent for what happens through it. Of
 * sessions that expire or that others end it does not hear.
 */
public final class RestSessionRepository implements FindByIndexNameSessionRepository<RestSession> {
  /** How Spring Security ends the session of somebody who has logged in too often. */
  private static final String EXPIRED =
      "org.springframework.session.security.SpringSessionBackedSessionInformation.EXPIRED";

  private final SessionClient client;
  private final SessionStore store;
  private final boolean isImmediate;
  private final KnownTokens known = new KnownTokens();
  private IndexResolver<org.springframework.session.Session> indexResolver =
      new PrincipalNameIndexResolver<>();
  private ApplicationEventPublisher events = event -> {};

  /** Saves when the request ends what was set in it, as Spring Session usually does. */
  public RestSessionRepository(SessionClient client) {
    this(client, new StoreSettings("spring"), SaveMode.ON_SET_ATTRIBUTE, FlushMode.ON_SAVE);
  }

  /**
   * Takes the settings as they are now.
   *
   * @param settings what the framework's part is called, timeouts, and more
   * @param saveMode with any but ON_SET_ATTRIBUTE a change inside a value that was read is found,
   *     too; what is not changed is written in no mode
   * @param flushMode with IMMEDIATE each change is written at once
   */
  public RestSessionRepository(
      SessionClient client, StoreSettings settings, SaveMode saveMode, FlushMode flushMode) {
    this.client = client;
    this.isImmediate = flushMode == FlushMode.IMMEDIATE;
    this.store =
        new SessionStore(
            client,
            settings
                .privateNames(RestSessionRepository::isSprings)
                .deep(saveMode != SaveMode.ON_SET_ATTRIBUTE));
  }

  /** Names that Spring itself gives to attributes. */
  private static boolean isSprings(String name) {
    return name.startsWith("SPRING_SECURITY_") || name.startsWith("org.springframework.");
  }

  /** Sets what tells whose session it is. Default: Spring Security's user. */
  public void setIndexResolver(IndexResolver<org.springframework.session.Session> resolver) {
    this.indexResolver = resolver;
  }

  /** Sets where events go. Default: nowhere. */
  public void setApplicationEventPublisher(ApplicationEventPublisher publisher) {
    this.events = publisher;
  }

  @Override
  public RestSession createSession() {
    StoredSession stored = store.begin();
    stored.setDevice(CurrentRequest.device());
    RestSession session = sessionOf(stored);
    if (isImmediate) save(session);
    return session;
  }

  @Override
  public void save(RestSession session) {
    StoredSession stored = session.stored();
    Optional<String> publicId = known.publicIdOf(stored.token());
    if (publicId.isPresent()) {
      saveStandIn(session, publicId.get());
      return;
    }
    session.resolveSubject(indexResolver);
    boolean isNew = stored.isNew();
    store.save(stored);
    session.saved();
    known.note(stored);
    if (isNew) events.publishEvent(new SessionCreatedEvent(this, session));
  }

  /** Absence: null, also for a text that can be no token, without a request. */
  @Override
  public RestSession findById(String id) {
    Optional<String> publicId = known.publicIdOf(id);
    if (publicId.isPresent())
      return client.findById(publicId.get()).map(found -> standIn(id, found)).orElse(null);
    Optional<StoredSession> found = store.find(id);
    found.ifPresent(known::note);
    return found.map(this::sessionOf).orElse(null);
  }

  @Override
  public void deleteById(String id) {
    Optional<String> publicId = known.publicIdOf(id);
    known.forget(id);
    boolean was = publicId.isPresent() ? client.revokeById(publicId.get()) : store.end(id);
    if (was) events.publishEvent(new SessionDeletedEvent(this, new MapSession(id)));
  }

  /**
   * Gives the sessions of a user, of whatever stack. An id is a token where this process has seen
   * it lately, else a stand-in by which the session can be read and deleted, and not written.
   */
  @Override
  public Map<String, RestSession> findByIndexNameAndIndexValue(String index, String value) {
    Map<String, RestSession> sessions = new LinkedHashMap<>();
    if (!index.equals(PRINCIPAL_NAME_INDEX_NAME) || value == null || value.isEmpty())
      return sessions;
    Optional<String> cursor = Optional.empty();
    do {
      Page page = client.listSubject(value, cursor);
      for (Session session : page.sessions()) {
        String id = known.idFor(session.id());
        sessions.put(id, standIn(id, session));
      }
      cursor = page.cursor();
    } while (cursor.isPresent());
    return sessions;
  }

  private void saveStandIn(RestSession session, String publicId) {
    if (Boolean.TRUE.equals(session.getAttribute(EXPIRED))) client.revokeById(publicId);
    else if (session.stored().isWritten())
      throw new UnsupportedOperationException(
          "a session that was found by its user can be read and deleted here, and not written:"
              + " the server does not have its token");
  }

  private RestSession standIn(String id, Session session) {
    return sessionOf(store.stored(id, session));
  }

  private RestSession sessionOf(StoredSession stored) {
    RestSession[] session = new RestSession[1];
    session[0] = new RestSession(stored, isImmediate ? () -> save(session[0]) : () -> {});
    return session[0];
  }
}
