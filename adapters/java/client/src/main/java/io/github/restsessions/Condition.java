package io.github.restsessions;

/** What must be true of a session that is put. */
public enum Condition {
  /** Create or replace. */
  NONE,
  /** Create. It fails with {@code version_mismatch} when there is one. */
  ONLY_NEW,
  /** Replace. It fails with {@code version_mismatch} when there is none: nothing comes back. */
  ONLY_EXISTING
}
