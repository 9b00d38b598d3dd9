package io.github.restsessions;

import java.util.List;
import java.util.Optional;

/**
 * A part of a list.
 *
 * @param sessions the latest activity first
 * @param cursor leads to the next part; empty on the last
 */
public record Page(List<Session> sessions, Optional<String> cursor) {
  static Page read(String json) {
    Members of = new Members(json);
    List<Session> sessions =
        of.list("sessions").stream().map(each -> Session.read(each.text())).toList();
    return new Page(sessions, of.maybeText("cursor"));
  }
}
