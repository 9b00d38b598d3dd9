package io.github.restsessions.spring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME;

import io.github.restsessions.Change;
import io.github.restsessions.JsonText;
import io.github.restsessions.NewSession;
import io.github.restsessions.Read;
import io.github.restsessions.Rotation;
import io.github.restsessions.Session;
import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.Servers;
import io.github.restsessions.store.SessionEndedException;
import io.github.restsessions.store.StoreSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.core.session.SessionInformation;
import org.springframework.session.FlushMode;
import org.springframework.session.SaveMode;
import org.springframework.session.events.AbstractSessionEvent;
import org.springframework.session.security.SpringSessionBackedSessionRegistry;

class RestSessionRepositoryTest {
  private final SessionClient client = Servers.client("embedded");
  private final RestSessionRepository repository = new RestSessionRepository(client);

  private RestSession saved(Map<String, Object> attributes) {
    RestSession session = repository.createSession();
    attributes.forEach(session::setAttribute);
    repository.save(session);
    return session;
  }

  private static SecurityContext context(String user) {
    return new SecurityContextImpl(new TestingAuthenticationToken(user, null, "ROLE_USER"));
  }

  private Map<String, JsonText> data(RestSession session) {
    return client.get(session.getId(), Read.ONLY).data();
  }

  @Test
  void aSessionHasWhatSpringSessionAsks() {
    RestSession session = repository.createSession();
    assertTrue(session.getAttributeNames().isEmpty());
    assertFalse(session.isExpired());
    session.setAttribute("cart", List.of("lamp"));
    assertTrue(client.find(session.getId(), Read.ONLY).isEmpty(), "it is saved by save");
    repository.save(session);
    RestSession again = repository.findById(session.getId());
    assertEquals(session.getId(), again.getId());
    assertEquals(session.getPublicId(), again.getPublicId());
    assertEquals(List.of("lamp"), again.getAttribute("cart"));
    assertEquals(Duration.ofHours(2), again.getMaxInactiveInterval());
    assertFalse(again.getCreationTime().isAfter(again.getLastAccessedTime()));
    again.removeAttribute("cart");
    assertEquals(Set.of(), again.getAttributeNames());
    repository.save(again);
    assertNull(repository.findById(session.getId()).getAttribute("cart"));
    assertNull(repository.findById("unknown-unknown-unknown"));
    assertNull(repository.findById("no token"));
    repository.deleteById(session.getId());
    assertNull(repository.findById(session.getId()));
    repository.deleteById(session.getId());
  }

  @Test
  void anIntervalIsTheIdleTimeout() {
    RestSession session = saved(Map.of());
    session.setMaxInactiveInterval(Duration.ofMinutes(5));
    repository.save(session);
    RestSession again = repository.findById(session.getId());
    assertEquals(Duration.ofMinutes(5), again.getMaxInactiveInterval());
    again.setMaxInactiveInterval(Duration.ofSeconds(-1));
    repository.save(again);
    assertEquals(Optional.empty(), client.get(session.getId(), Read.ONLY).idleTimeout());
    assertTrue(repository.findById(session.getId()).getMaxInactiveInterval().isNegative());
    StoreSettings settings =
        new StoreSettings("spring").idleTimeout(Optional.of(Duration.ofMinutes(3)));
    RestSessionRepository other =
        new RestSessionRepository(client, settings, SaveMode.ALWAYS, FlushMode.ON_SAVE);
    RestSession begun = other.createSession();
    assertEquals(Duration.ofMinutes(3), begun.getMaxInactiveInterval());
    other.save(begun);
    assertEquals(
        Optional.of(Duration.ofMinutes(3)), client.get(begun.getId(), Read.ONLY).idleTimeout());
    begun.setMaxInactiveInterval(Duration.ZERO);
    other.save(begun);
    assertNull(other.findById(begun.getId()));
  }

  @Test
  void aLookedAtSessionIsTouchedOnceInAWhile() {
    StoreSettings settings = new StoreSettings("spring").touchInterval(Duration.ZERO);
    RestSessionRepository eager =
        new RestSessionRepository(client, settings, SaveMode.ALWAYS, FlushMode.ON_SAVE);
    RestSession session = saved(Map.of());
    long reads = client.get(session.getId(), Read.ONLY).reads();
    repository.findById(session.getId());
    assertEquals(reads, client.get(session.getId(), Read.ONLY).reads(), "the save was a touch");
    RestSession read = eager.findById(session.getId());
    assertEquals(reads + 1, client.get(session.getId(), Read.ONLY).reads());
    Instant before = client.get(session.getId(), Read.ONLY).lastSeenAt();
    read.setLastAccessedTime(Instant.now());
    eager.save(read);
    Session after = client.get(session.getId(), Read.ONLY);
    assertFalse(after.lastSeenAt().isBefore(before));
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void onlyWhatChangedIsWritten(String store) {
    SessionClient onStore = Servers.client(store);
    RestSessionRepository two = new RestSessionRepository(onStore);
    RestSession session = two.createSession();
    session.setAttribute("a", 1);
    two.save(session);
    RestSession one = two.findById(session.getId());
    RestSession other = two.findById(session.getId());
    one.setAttribute("a", 2);
    other.setAttribute("b", context("bob"));
    onStore.patch(session.getId(), new Change().set("c", 3));
    two.save(one);
    two.save(other);
    two.save(other);
    RestSession all = two.findById(session.getId());
    assertEquals(Set.of("a", "b", "c"), all.getAttributeNames());
    assertEquals((Integer) 2, all.getAttribute("a"));
    assertEquals(4, onStore.get(session.getId(), Read.ONLY).version());
  }

  @Test
  void aChangeInsideAValueIsFoundWhereTheSaveModeSaysSo() {
    for (SaveMode mode : SaveMode.values()) {
      StoreSettings settings = new StoreSettings("spring");
      RestSessionRepository by =
          new RestSessionRepository(client, settings, mode, FlushMode.ON_SAVE);
      String id = saved(Map.of("cart", new HashMap<>(Map.of("lamp", 1)), "other", 1)).getId();
      RestSession session = by.findById(id);
      Map<String, Object> cart = session.getAttribute("cart");
      cart.put("lamp", 2);
      by.save(session);
      int lamps = mode == SaveMode.ON_SET_ATTRIBUTE ? 1 : 2;
      assertEquals("{\"lamp\":" + lamps + "}", data(session).get("cart").text(), mode.name());
      assertEquals(lamps, client.get(id, Read.ONLY).version());
    }
  }

  @Test
  void eachChangeIsWrittenAtOnceWhereTheFlushModeSaysSo() {
    RestSessionRepository immediate =
        new RestSessionRepository(
            client, new StoreSettings("spring"), SaveMode.ON_SET_ATTRIBUTE, FlushMode.IMMEDIATE);
    RestSession session = immediate.createSession();
    assertTrue(client.find(session.getId(), Read.ONLY).isPresent());
    session.setAttribute("a", 1);
    assertEquals("1", data(session).get("a").text());
    session.removeAttribute("a");
    assertEquals(Map.of(), data(session));
    String old = session.getId();
    session.changeSessionId();
    assertTrue(client.find(old, Read.ONLY).isEmpty());
    session.setMaxInactiveInterval(Duration.ofMinutes(5));
    session.setAttribute(PRINCIPAL_NAME_INDEX_NAME, "ann");
    Session read = client.get(session.getId(), Read.ONLY);
    assertEquals(Optional.of("ann"), read.subject());
    assertEquals(Optional.of(Duration.ofMinutes(5)), read.idleTimeout());
  }

  @Test
  void aLoginOfSpringSecurityIsTheSubjectAndALogoutTakesItAway() {
    RestSession session = saved(Map.of("cart", 1));
    String old = session.getId();
    session.changeSessionId();
    session.setAttribute("SPRING_SECURITY_CONTEXT", context("ann"));
    repository.save(session);
    assertNull(repository.findById(old));
    Session read = client.get(session.getId(), Read.ONLY);
    assertEquals(Optional.of("ann"), read.subject());
    assertEquals(Set.of("cart", "_spring.SPRING_SECURITY_CONTEXT"), read.data().keySet());
    RestSession again = repository.findById(session.getId());
    assertEquals(context("ann"), again.getAttribute("SPRING_SECURITY_CONTEXT"));
    assertEquals("ann", again.getAttribute(PRINCIPAL_NAME_INDEX_NAME));
    again.setAttribute("SPRING_SECURITY_CONTEXT", context("bob"));
    repository.save(again);
    assertEquals(Optional.of("bob"), client.get(session.getId(), Read.ONLY).subject());
    again.removeAttribute("SPRING_SECURITY_CONTEXT");
    repository.save(again);
    assertEquals(Optional.empty(), client.get(session.getId(), Read.ONLY).subject());
  }

  @Test
  void aLoginOfAnotherStackIsSeenAndStays() {
    String token = client.create(new NewSession().subject("ann").data("cart", 1)).token();
    RestSession session = repository.findById(token);
    assertEquals("ann", session.getAttribute(PRINCIPAL_NAME_INDEX_NAME));
    assertEquals(Set.of("cart", PRINCIPAL_NAME_INDEX_NAME), session.getAttributeNames());
    session.setAttribute("cart", 2);
    session.removeAttribute("SPRING_SECURITY_CONTEXT");
    repository.save(session);
    assertEquals(Optional.of("ann"), client.get(token, Read.ONLY).subject());
    session.removeAttribute(PRINCIPAL_NAME_INDEX_NAME);
    repository.save(session);
    assertEquals(Optional.empty(), client.get(token, Read.ONLY).subject());
  }

  @Test
  void sessionsOfAUserAreFoundWhateverStackTheyAreOf() {
    RestSession own = saved(Map.of(PRINCIPAL_NAME_INDEX_NAME, "ann", "a", 1));
    saved(Map.of(PRINCIPAL_NAME_INDEX_NAME, "bob"));
    client.create(new NewSession().subject("ann").data("b", 2));
    Map<String, RestSession> found = repository.findByPrincipalName("ann");
    assertEquals(2, found.size());
    assertEquals((Integer) 1, found.get(own.getId()).getAttribute("a"));
    String standIn =
        found.keySet().stream().filter(id -> !id.equals(own.getId())).findFirst().orElseThrow();
    RestSession foreign = repository.findById(standIn);
    assertEquals((Integer) 2, foreign.getAttribute("b"));
    repository.save(foreign);
    foreign.setAttribute("b", 3);
    assertThrows(UnsupportedOperationException.class, () -> repository.save(foreign));
    repository.deleteById(standIn);
    assertEquals(Set.of(own.getId()), repository.findByPrincipalName("ann").keySet());
    assertEquals(Map.of(), repository.findByPrincipalName(""));
    assertEquals(Map.of(), repository.findByIndexNameAndIndexValue("other", "ann"));
  }

  @Test
  void whoKnowsAPublicIdOpensNothing() {
    String publicId = client.create(new NewSession().subject("ann")).session().id();
    String standIn = repository.findByPrincipalName("ann").keySet().iterator().next();
    assertEquals("id:" + publicId, standIn.substring(0, standIn.lastIndexOf(':')));
    String seal = standIn.substring(standIn.lastIndexOf(':') + 1);
    for (String forged :
        List.of("id:" + publicId, "id:" + publicId + ":", "id:" + publicId + ":x" + seal, "id::"))
      assertNull(repository.findById(forged), forged);
    assertNull(new RestSessionRepository(client).findById(standIn), "another process");
    repository.deleteById("id:" + publicId + ":" + "A".repeat(24));
    assertTrue(client.findById(publicId).isPresent());
  }

  @Test
  void springSecurityEndsSessionsOfWhoHasLoggedInTooOften() {
    SpringSessionBackedSessionRegistry<RestSession> registry =
        new SpringSessionBackedSessionRegistry<>(repository);
    RestSession own = saved(Map.of(PRINCIPAL_NAME_INDEX_NAME, "ann"));
    String other = client.create(new NewSession().subject("ann")).token();
    List<SessionInformation> all = registry.getAllSessions("ann", false);
    assertEquals(2, all.size());
    all.forEach(SessionInformation::expireNow);
    assertTrue(client.find(other, Read.ONLY).isEmpty());
    assertTrue(registry.getSessionInformation(own.getId()).isExpired());
    assertEquals(0, registry.getAllSessions("ann", false).size());
  }

  @Test
  void whatHappensThroughTheRepositoryIsPublished() {
    List<String> events = new ArrayList<>();
    repository.setApplicationEventPublisher(
        event ->
            events.add(
                event.getClass().getSimpleName() + ((AbstractSessionEvent) event).getSessionId()));
    RestSession session = saved(Map.of());
    session.setAttribute("a", 1);
    repository.save(session);
    repository.deleteById(session.getId());
    repository.deleteById(session.getId());
    String id = session.getId();
    assertEquals(List.of("SessionCreatedEvent" + id, "SessionDeletedEvent" + id), events);
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void whatWasEndedIsNotBroughtBack(String store) {
    SessionClient onStore = Servers.client(store);
    RestSessionRepository other = new RestSessionRepository(onStore);
    RestSession session = other.createSession();
    other.save(session);
    RestSession late = other.findById(session.getId());
    other.deleteById(session.getId());
    late.setAttribute("a", 1);
    assertThrows(SessionEndedException.class, () -> other.save(late));
    late.changeSessionId();
    assertThrows(IllegalStateException.class, () -> other.save(late));
    assertNull(other.findById(late.getId()));
    assertNotEquals(session.getId(), late.getId());
    assertEquals(0, onStore.list(Optional.empty()).sessions().size());
  }

  @Test
  void aTokenOfItsGraceReadsAndDoesNotReviveLater() {
    RestSession session = saved(Map.of("a", 1));
    String rotated =
        client.rotate(session.getId(), new Rotation().grace(Duration.ofSeconds(60))).token();
    assertEquals((Integer) 1, repository.findById(session.getId()).getAttribute("a"));
    client.revoke(rotated);
    session.setAttribute("a", 2);
    assertThrows(SessionEndedException.class, () -> repository.save(session));
  }
}
