package io.github.restsessions;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A session in the history of a user.
 *
 * @param id public: safe to log and to show
 * @param label what it was called; empty when nobody has said
 * @param ip the address of the device; empty when nobody has said
 * @param userAgent what its browser called itself; empty when nobody has said
 * @param createdAt its beginning
 * @param lastSeenAt when someone was last there
 * @param endedAt its end
 * @param reason logout, revoked, subject, app, cap, idle, absolute, replaced or moved
 * @param by the API key or the user of the console that ended it; empty for nobody
 * @param note what the caller gave as the reason; empty when it gave none
 */
public record EndedSession(
    String id,
    Optional<String> label,
    Optional<String> ip,
    Optional<String> userAgent,
    Instant createdAt,
    Instant lastSeenAt,
    Instant endedAt,
    String reason,
    Optional<String> by,
    Optional<String> note) {
  static List<EndedSession> readAll(String json) {
    return new Members(json).list("history").stream().map(each -> read(each.text())).toList();
  }

  private static EndedSession read(String json) {
    Members of = new Members(json);
    return new EndedSession(
        of.text("id"),
        of.maybeText("label"),
        of.maybeText("ip"),
        of.maybeText("userAgent"),
        Instant.parse(of.text("createdAt")),
        Instant.parse(of.text("lastSeenAt")),
        Instant.parse(of.text("endedAt")),
        of.text("reason"),
        of.maybeText("by"),
        of.maybeText("note"));
  }
}
