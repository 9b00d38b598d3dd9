package io.github.restsessions;

import java.util.ArrayList;
import java.util.List;

/** What a write changes: whole top-level keys of the data, and no other. */
public final class Change extends Body<Change> {
  private final List<String> unset = new ArrayList<>();

  /** Nothing yet. */
  public Change() {}

  @Override
  Change self() {
    return this;
  }

  /** Sets a key. Throws IllegalArgumentException where JSON has no form for the value. */
  public Change set(String key, Object value) {
    return withData("set", key, value);
  }

  /** Takes a key away. */
  public Change unset(String key) {
    unset.add(key);
    return with("unset", unset);
  }
}
