package io.github.restsessions;

/** How a session is read. */
public enum Read {
  /** Looking is no activity. */
  ONLY,
  /** Someone is there: it slides the idle deadline. */
  AND_TOUCH
}
