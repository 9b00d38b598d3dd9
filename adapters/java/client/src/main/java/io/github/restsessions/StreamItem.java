package io.github.restsessions;

import java.util.Optional;

/** What an {@link EventStream} tells: an event, or that events are missing. */
public sealed interface StreamItem permits SessionEvent, Resync {
  /** Where the stream goes on after it; empty for an event of a page or a webhook. */
  Optional<String> position();
}
