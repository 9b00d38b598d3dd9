package io.github.restsessions;

import java.util.Optional;

/**
 * Events are missing: those behind the position that was asked for are gone, or this reader was too
 * slow. What is known of sessions must be asked anew.
 *
 * @param position where the stream goes on
 */
public record Resync(Optional<String> position) implements StreamItem {
  static Resync read(String json) {
    return new Resync(Optional.of(new Members(json).text("position")));
  }
}
