package io.github.restsessions;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Says which events are asked for, and how. */
public final class EventQuery {
  private static final Pattern POSITION = Pattern.compile("[!-~]+");

  private final Map<String, String> choice = new TreeMap<>();
  private String after;
  private String limit;
  private Duration wait = Duration.ZERO;
  private Duration silence = Duration.ofSeconds(45);
  private BiConsumer<SessionException, Duration> onRetry = (failure, pause) -> {};

  /**
   * Behind this position. Without it a stream begins now, and a page with the oldest event that is
   * kept. A page after {@code end} has the position of now alone. Throws IllegalArgumentException
   * for what can be no position.
   */
  public EventQuery after(String position) {
    if (!POSITION.matcher(position).matches())
      throw new IllegalArgumentException("after must be a position that the server gave");
    this.after = position;
    return this;
  }

  /** Of these types only. */
  public EventQuery types(String... types) {
    return types(List.of(types));
  }

  /** Of these types only. */
  public EventQuery types(List<String> types) {
    choice.put("types", String.join(",", types));
    return this;
  }

  /** Of this user only. */
  public EventQuery subject(String subject) {
    choice.put("subject", subject);
    return this;
  }

  /** Of a page: so many events at most. */
  public EventQuery limit(int most) {
    this.limit = String.valueOf(most);
    return this;
  }

  /** Of a page: how long to wait where there is no event yet. 30 s at most. Default: not at all. */
  public EventQuery waitFor(Duration time) {
    this.wait = time;
    return this;
  }

  /**
   * Of a stream: after how long without a byte a connection counts as dead. The server sends one
   * each 15 s. Default: 45 s.
   */
  public EventQuery silence(Duration time) {
    this.silence = time;
    return this;
  }

  /** Of a stream: is told why a connection ended, and how long it is until the next one. */
  public EventQuery onRetry(BiConsumer<SessionException, Duration> listener) {
    this.onRetry = listener;
    return this;
  }

  String after() {
    return after;
  }

  Duration waiting() {
    return wait;
  }

  Duration silence() {
    return silence;
  }

  BiConsumer<SessionException, Duration> onRetry() {
    return onRetry;
  }

  String streamPath() {
    return pathOf(choice);
  }

  String pagePath() {
    Map<String, String> query = new TreeMap<>(choice);
    if (after != null) query.put("after", after);
    if (limit != null) query.put("limit", limit);
    if (!wait.isZero()) query.put("wait", Timeouts.seconds(wait).toPlainString());
    return pathOf(query);
  }

  private static String pathOf(Map<String, String> query) {
    String text =
        query.entrySet().stream()
            .map(each -> each.getKey() + "=" + Texts.encoded(each.getValue()))
            .collect(Collectors.joining("&"));
    return text.isEmpty() ? "/events" : "/events?" + text;
  }
}
