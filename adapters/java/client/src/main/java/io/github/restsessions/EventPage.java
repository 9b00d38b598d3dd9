package io.github.restsessions;

import java.util.List;
import java.util.Optional;

/**
 * A part of the events that are kept.
 *
 * @param events the oldest first
 * @param next the position to ask after for the next page
 * @param more whether there are events behind {@code next} already; with a choice of types or of a
 *     user a page may be empty and there be more
 * @param resync whether events are missing before it
 */
public record EventPage(List<SessionEvent> events, String next, boolean more, boolean resync) {
  static EventPage read(String json) {
    Members of = new Members(json);
    of.json("events");
    List<SessionEvent> events =
        of.list("events").stream()
            .map(each -> SessionEvent.read(each.text(), Optional.empty()))
            .toList();
    return new EventPage(events, of.text("next"), isSaid(of, "more"), isSaid(of, "resync"));
  }

  private static boolean isSaid(Members of, String name) {
    return of.maybe(name).map(each -> each.text().equals("true")).orElse(false);
  }
}
