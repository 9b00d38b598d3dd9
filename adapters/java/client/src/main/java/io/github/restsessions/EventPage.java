package io.github.restsessions;

import java.util.List;
import java.util.Optional;

/**
 * A part of the events that are kept.
 *
 * @param events the oldest first
 * @param next the position to ask after for the next page
 * @param resync whether events are missing before it
 */
public record EventPage(List<SessionEvent> events, String next, boolean resync) {
  static EventPage read(String json) {
    Members of = new Members(json);
    of.json("events");
    List<SessionEvent> events =
        of.list("events").stream()
            .map(each -> SessionEvent.read(each.text(), Optional.empty()))
            .toList();
    boolean resync = of.maybe("resync").map(each -> each.text().equals("true")).orElse(false);
    return new EventPage(events, of.text("next"), resync);
  }
}
