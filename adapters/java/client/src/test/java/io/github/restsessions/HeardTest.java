package io.github.restsessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.contract.Servers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events and histories of real servers. */
class HeardTest {
  private static final String SUBJECT = "java/Zoë & co";

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void whatAServerTells(String store) {
    SessionClient client = Servers.client(Servers.on(store), "heard");
    EventPage now = client.eventPage(new EventQuery().after("end"));
    assertEquals(List.of(), now.events());
    assertFalse(now.resync());
    NewSession phone = new NewSession().subject(SUBJECT).label("phone");
    String first = client.create(phone).session().id();
    String second = client.create(new NewSession().subject(SUBJECT)).token();
    assertTrue(client.revokeById(first, Optional.of("lost “phone” & co")));
    assertTrue(client.revoke(second, Optional.of("left")));
    List<SessionEvent> told = first(4, client, ofSubject().after(now.next()));
    assertEquals(
        List.of("session.created", "session.created", "session.ended", "session.ended"),
        told.stream().map(SessionEvent::type).toList());
    SessionEvent ended = told.get(2);
    assertEquals(Optional.of(first), ended.session());
    assertEquals(Optional.of(SUBJECT), ended.subject());
    assertEquals(Optional.of("heard"), ended.app());
    assertEquals(Optional.of("revoked"), ended.text("reason"));
    assertEquals(Optional.of("lost “phone” & co"), ended.text("note"));
    assertTrue(ended.count() > told.get(0).count());

    EventQuery ends =
        ofSubject()
            .after(now.next())
            .types("session.ended")
            .limit(10)
            .waitFor(Duration.ofSeconds(1));
    assertEquals(texts(told.subList(2, 4)), texts(client.eventPage(ends).events()));
    EventQuery behind = ofSubject().after(ended.position().orElseThrow());
    assertEquals(texts(told.subList(3, 4)), texts(first(1, client, behind)));

    client.create(new NewSession().subject(SUBJECT));
    assertEquals(1, client.revokeSubject(SUBJECT, Optional.empty(), Optional.of("moved out")));
    List<EndedSession> history = client.history(SUBJECT);
    assertEquals(
        List.of("subject", "logout", "revoked"),
        history.stream().map(EndedSession::reason).toList());
    assertEquals(Optional.of("moved out"), history.get(0).note());
    assertEquals(first, history.get(2).id());
    assertEquals(Optional.of("phone"), history.get(2).label());
    assertFalse(history.get(2).endedAt().isBefore(history.get(2).createdAt()));
    assertEquals(3, client.eraseHistory(SUBJECT));
    assertEquals(List.of(), client.history(SUBJECT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"embedded", "redis"})
  void aPositionOfNoServerIsAnError(String store) {
    SessionClient client = Servers.client(Servers.on(store), "heard");
    EventQuery nowhere = new EventQuery().after("nowhere");
    SessionException refused =
        assertThrows(SessionException.class, () -> client.eventPage(nowhere));
    assertEquals("invalid_cursor", refused.code());
    refused = assertThrows(SessionException.class, () -> first(1, client, nowhere));
    assertEquals("invalid_cursor", refused.code());
  }

  @Test
  void aStreamMissesNothingWhileTheServerIsAway(@TempDir Path folder) throws Exception {
    Servers.Running server = Servers.start(Servers.portToComeBackTo(), folder);
    SessionClient client = Servers.client(server.url(), "heard");
    BlockingQueue<SessionException> lost = new LinkedBlockingQueue<>();
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    EventQuery query =
        new EventQuery()
            .after(client.eventPage(new EventQuery().after("end")).next())
            .onRetry((failure, pause) -> lost.add(failure));
    CompletableFuture<Void> reader;
    try (EventStream events = client.events(query)) {
      reader =
          CompletableFuture.runAsync(
              () -> events.forEach(item -> told.add(((SessionEvent) item).session().orElse(""))));
      String first = client.create(new NewSession()).session().id();
      assertEquals(first, told.poll(60, TimeUnit.SECONDS));
      server.close();
      assertInstanceOf(SessionServerLostException.class, lost.poll(60, TimeUnit.SECONDS));
      try (Servers.Running back = Servers.start(server.port(), folder)) {
        assertEquals(server.url(), back.url());
        String second = client.create(new NewSession()).session().id();
        assertEquals(second, told.poll(60, TimeUnit.SECONDS));
      }
    }
    reader.get(60, TimeUnit.SECONDS);
  }

  private static EventQuery ofSubject() {
    return new EventQuery().subject(SUBJECT);
  }

  private static List<SessionEvent> first(int count, SessionClient client, EventQuery query) {
    try (Stream<StreamItem> items = client.events(query).stream()) {
      return items.limit(count).map(SessionEvent.class::cast).toList();
    }
  }

  private static List<Object> texts(List<SessionEvent> events) {
    return events.stream().map(event -> event.told().value()).toList();
  }
}
