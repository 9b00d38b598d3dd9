package io.github.restsessions;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What happened to a session, or to policy and keys of the server: a CloudEvent, told by the
 * stream, by a page or by a webhook. It may be told more than once, always with the same id.
 *
 * @param type for example {@code session.ended}; a later server may have more types
 * @param id the same however often the event is told
 * @param source {@code /apps/shop}, or {@code /server}
 * @param time when it happened; empty when the server did not say
 * @param sequence {@code version.count} of the session
 * @param session the id of the session; empty for an event of the server
 * @param subject whose session it is; empty for nobody's
 * @param data what docs/events.md says of the type, with the names there ({@code reason}, {@code
 *     by}, {@code note}): the JSON text of each member
 * @param position where the stream goes on after it; empty for an event of a page or a webhook
 * @param told the CloudEvent as it came
 */
public record SessionEvent(
    String type,
    String id,
    String source,
    Optional<Instant> time,
    String sequence,
    Optional<String> session,
    Optional<String> subject,
    Map<String, JsonText> data,
    Optional<String> position,
    JsonText told)
    implements StreamItem {
  private static final Pattern APP = Pattern.compile("/apps/([^/]+)");
  private static final Pattern COUNT = Pattern.compile("\\d+\\.(\\d{1,18})");

  /** Throws IllegalArgumentException or DateTimeException when it is no event. */
  static SessionEvent read(String json, Optional<String> position) {
    Members of = new Members(json);
    Optional<JsonText> data = of.maybe("data").filter(text -> text.text().startsWith("{"));
    return new SessionEvent(
        of.text("type"),
        of.maybeText("id").orElse(""),
        of.maybeText("source").orElse(""),
        of.maybeText("time").map(Instant::parse),
        of.maybeText("sequence").orElse(""),
        of.maybeText("subject"),
        data.flatMap(text -> new Members(text.text()).maybeText("subject")),
        data.map(text -> Collections.unmodifiableMap(new JsonReader(text.text()).members()))
            .orElse(Map.of()),
        position,
        new JsonText(json));
  }

  /** The app that it is of; empty for an event of the server. */
  public Optional<String> app() {
    Matcher found = APP.matcher(source);
    return found.matches() ? Optional.of(found.group(1)) : Optional.empty();
  }

  /**
   * Rises from event to event of a session. One that is not above what was seen of the session
   * before is old, or told again.
   */
  public long count() {
    Matcher found = COUNT.matcher(sequence);
    return found.matches() ? Long.parseLong(found.group(1)) : 0;
  }

  /**
   * Gives a text of the data.
   *
   * @param name for example {@code reason}; empty when it is not there, or no text
   */
  public Optional<String> text(String name) {
    JsonText member = data.get(name);
    Object value = member == null ? null : member.value();
    return value instanceof String text ? Optional.of(text) : Optional.empty();
  }
}
