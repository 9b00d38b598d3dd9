package io.github.restsessions;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;

/**
 * A session as the server gives it. Its token is never in it.
 *
 * @param id public: safe to log and to show
 * @param app the app that it is of
 * @param subject whose session it is; empty before the login
 * @param createdAt its beginning
 * @param authenticatedAt the instant of the login; empty before it
 * @param lastSeenAt when someone was last there
 * @param expiresAt the next deadline; empty when it has none
 * @param absoluteExpiresAt when it ends in any case; empty when it has no such end
 * @param idleTimeout what ends it when nobody is there; empty for none
 * @param version 1 at its creation, and one more for each change
 * @param reads 1 at its creation, and one more for each read with a touch
 * @param ip the address of the device; empty when nobody has said
 * @param userAgent what its browser calls itself; empty when nobody has said
 * @param label what it is called; empty when nobody has said
 * @param data what applications keep in it: the JSON text of each top-level key, in order
 */
public record Session(
    String id,
    String app,
    Optional<String> subject,
    Instant createdAt,
    Optional<Instant> authenticatedAt,
    Instant lastSeenAt,
    Optional<Instant> expiresAt,
    Optional<Instant> absoluteExpiresAt,
    Optional<Duration> idleTimeout,
    long version,
    long reads,
    Optional<String> ip,
    Optional<String> userAgent,
    Optional<String> label,
    Map<String, JsonText> data) {

  static Session read(String json) {
    Members of = new Members(json);
    return new Session(
        of.text("id"),
        of.text("app"),
        of.maybeText("subject"),
        Instant.parse(of.text("createdAt")),
        of.maybeText("authenticatedAt").map(Instant::parse),
        Instant.parse(of.text("lastSeenAt")),
        of.maybeText("expiresAt").map(Instant::parse),
        of.maybeText("absoluteExpiresAt").map(Instant::parse),
        of.maybeNumber("idleTimeout").map(Timeouts::ofSeconds),
        of.number("version").longValueExact(),
        of.number("reads").longValueExact(),
        of.maybeText("ip"),
        of.maybeText("userAgent"),
        of.maybeText("label"),
        Collections.unmodifiableMap(new JsonReader(of.json("data").text()).members()));
  }
}
