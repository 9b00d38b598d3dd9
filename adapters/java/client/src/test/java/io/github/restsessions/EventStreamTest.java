package io.github.restsessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.contract.EventPlay;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How events are read: the vectors of adapters/contract, and what they cannot say. */
class EventStreamTest {
  static Stream<String> streams() {
    return EventPlay.names("streams");
  }

  static Stream<String> pages() {
    return EventPlay.names("pages");
  }

  @ParameterizedTest
  @MethodSource("streams")
  void streamVector(String name) {
    EventPlay play = EventPlay.of(name);
    List<?> wanted = (List<?>) play.get("told");
    List<Object> told = new ArrayList<>();
    String code = null;
    try (EventStream events = play.client().events(play.query())) {
      for (StreamItem item : events) {
        told.add(wire(item));
        if (told.size() == wanted.size() && play.get("error") == null) break;
      }
    } catch (SessionException failure) {
      code = failure.code();
    }
    assertEquals(wanted, told, (String) play.get("title"));
    assertEquals(play.get("error"), code);
    assertEquals(List.of(), play.faults());
    assertEquals(0, play.open());
  }

  @ParameterizedTest
  @MethodSource("pages")
  void pageVector(String name) {
    EventPlay play = EventPlay.of(name);
    if (play.get("error") != null) {
      SessionException failure =
          assertThrows(SessionException.class, () -> play.client().eventPage(play.query()));
      assertEquals(play.get("error"), failure.code());
    } else {
      EventPage page = play.client().eventPage(play.query());
      List<Object> events = page.events().stream().map(each -> each.told().value()).toList();
      assertEquals(
          play.get("gives"),
          Map.of(
              "events", events,
              "next", page.next(),
              "more", page.more(),
              "resync", page.resync()));
    }
    assertEquals(List.of(), play.faults());
  }

  @Test
  void anotherThreadEndsAStreamThatWaits() throws Exception {
    EventPlay play = EventPlay.of("two-events");
    EventStream events = play.client().events(play.query());
    CountDownLatch told = new CountDownLatch(3);
    CompletableFuture<Void> reader =
        CompletableFuture.runAsync(() -> events.forEach(item -> told.countDown()));
    assertTrue(told.await(30, TimeUnit.SECONDS));
    events.close();
    reader.get(30, TimeUnit.SECONDS);
    assertEquals(Optional.of("p3"), events.position());
    assertEquals(0, play.open());
    assertThrows(NoSuchElementException.class, events.iterator()::next);
  }

  @Test
  void aThreadThatIsInterruptedIsToldSo() throws Exception {
    EventPlay play = EventPlay.of("two-events");
    try (EventStream events = play.client().events(play.query())) {
      CountDownLatch told = new CountDownLatch(3);
      CompletableFuture<String> ended = new CompletableFuture<>();
      Thread reader =
          new Thread(
              () -> {
                try {
                  events.forEach(item -> told.countDown());
                } catch (SessionException failure) {
                  ended.complete(failure.code() + " " + Thread.interrupted());
                }
              });
      reader.start();
      assertTrue(told.await(30, TimeUnit.SECONDS));
      reader.interrupt();
      assertEquals("interrupted true", ended.get(30, TimeUnit.SECONDS));
    }
  }

  @Test
  void anEventThatTheLoopWasNotDoneWithIsToldAgain() {
    EventPlay play = EventPlay.of("two-events");
    SessionException fault = new SessionConfigurationException(Failure.of("mine", "of the loop"));
    EventStream events = play.client().events(play.query());
    SessionException thrown =
        assertThrows(
            SessionException.class,
            () ->
                events.forEach(
                    item -> {
                      if (item.position().equals(Optional.of("p2"))) throw fault;
                    }));
    assertSame(fault, thrown);
    assertEquals(Optional.of("p1"), events.position());
    events.close();
    assertEquals(0, play.open());
  }

  @Test
  void aStreamOfJavaIsClosedWithIt() {
    EventPlay play = EventPlay.of("two-events");
    try (Stream<StreamItem> items = play.client().events(play.query()).stream()) {
      List<Optional<String>> positions = items.limit(2).map(StreamItem::position).toList();
      assertEquals(List.of(Optional.of("p1"), Optional.of("p2")), positions);
    }
    assertEquals(0, play.open());
  }

  @Test
  void aStreamThatWasClosedTellsNothing() {
    EventStream events = EventPlay.of("two-events").client().events(new EventQuery());
    events.close();
    Iterator<StreamItem> items = events.iterator();
    assertFalse(items.hasNext());
  }

  @Test
  void whyAConnectionEndedIsTold() {
    EventPlay play = EventPlay.of("server-away-for-a-while");
    List<String> retries = new ArrayList<>();
    List<Duration> pauses = new ArrayList<>();
    EventQuery query =
        play.query()
            .onRetry(
                (failure, pause) -> {
                  retries.add(failure.code() + " " + failure.status());
                  pauses.add(pause);
                });
    try (EventStream events = play.client().events(query)) {
      for (StreamItem item : events) if (item.position().equals(Optional.of("p2"))) break;
    }
    // The JDK itself asks once more where a connection broke before the answer.
    retries.remove("unreachable 0");
    retries.remove("unreachable 0");
    assertEquals(
        List.of("store_unavailable 503", "unreachable 502", "too_many_requests 429"), retries);
    assertTrue(pauses.get(pauses.size() - 1).toMillis() >= 1000, pauses.toString());
  }

  @Test
  void wrongArgumentsAreNamed() {
    assertThrows(IllegalArgumentException.class, () -> new EventQuery().after("p1\r\nX: y"));
  }

  private static Map<String, Object> wire(StreamItem item) {
    Map<String, Object> wire = new HashMap<>();
    if (item instanceof SessionEvent event) wire.put("event", event.told().value());
    else wire.put("resync", true);
    wire.put("position", item.position().orElse(null));
    return wire;
  }
}
