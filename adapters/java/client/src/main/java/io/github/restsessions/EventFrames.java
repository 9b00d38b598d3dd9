package io.github.restsessions;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Takes the text of an event stream (Server-Sent Events) apart, wherever it was cut. What is longer
 * than an event can be comes from no session server, and must not fill the memory.
 */
final class EventFrames {
  /** Of a line, and of an event. Units: bytes. */
  private static final int LIMIT = 1 << 20;

  private static final Pattern POSITION = Pattern.compile("[!-~]+");
  private static final Pattern MILLISECONDS = Pattern.compile("\\d{1,9}");

  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final List<String> data = new ArrayList<>();
  private ByteBuffer bytes = ByteBuffer.allocate(0);
  private boolean isFirst = true;
  private boolean wasReturn;
  private String name = "";
  private String newPosition;
  private int size;
  private String position;
  private Duration pause;

  /**
   * One frame.
   *
   * @param name of the kind of event; empty for none
   * @param data null where only the position moved on
   */
  record Frame(String name, String data) {}

  /**
   * @param position where the stream begins; null for now
   */
  EventFrames(String position) {
    this.position = position;
  }

  /** Behind the last frame. Absence: null where none had one, and the stream began without. */
  String position() {
    return position;
  }

  void position(String known) {
    this.position = known;
  }

  /** How long to wait before a new connection, as the server wants it. Absence: null. */
  Duration pause() {
    return pause;
  }

  /** Takes bytes, once next() has nothing more to give of those before. */
  void take(ByteBuffer more) {
    this.bytes = more;
  }

  /**
   * Gives the next frame. Absence: null when it is not complete yet. Throws
   * IllegalArgumentException when it is too long.
   */
  Frame next() {
    while (bytes.hasRemaining()) {
      byte sign = bytes.get();
      // The half of a CR LF that came before.
      boolean isHalf = sign == '\n' && wasReturn;
      wasReturn = sign == '\r';
      if (isHalf) continue;
      if (sign != '\n' && sign != '\r') {
        if (line.size() + size >= LIMIT)
          throw new IllegalArgumentException("it is longer than " + LIMIT + " bytes");
        line.write(sign);
      } else if (endsFrame()) return finished();
    }
    return null;
  }

  private boolean endsFrame() {
    String text = line.toString(StandardCharsets.UTF_8);
    int length = line.size();
    line.reset();
    if (isFirst && text.startsWith("\ufeff")) text = text.substring(1);
    isFirst = false;
    if (text.isEmpty()) return true;
    int colon = text.indexOf(':');
    String field = colon < 0 ? text : text.substring(0, colon);
    String value = colon < 0 ? "" : text.substring(colon + 1);
    take(field, value.startsWith(" ") ? value.substring(1) : value, length);
    return false;
  }

  private void take(String field, String value, int length) {
    switch (field) {
      case "event" -> name = value;
      case "data" -> {
        data.add(value);
        size += length;
      }
      case "id" -> {
        if (POSITION.matcher(value).matches()) newPosition = value;
      }
      case "retry" -> {
        if (MILLISECONDS.matcher(value).matches()) pause = Duration.ofMillis(Long.parseLong(value));
      }
      default -> {
        // A comment, or a field that a later server may send.
      }
    }
  }

  private Frame finished() {
    if (newPosition != null) position = newPosition;
    Frame frame = new Frame(name, data.isEmpty() ? null : String.join("\n", data));
    name = "";
    data.clear();
    newPosition = null;
    size = 0;
    return frame;
  }
}
