package io.github.restsessions.store;

import java.io.ObjectInputFilter;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/** How a session layer keeps its sessions. */
public final class StoreSettings {
  private final String prefix;
  private Predicate<String> isPrivate = name -> false;
  private ObjectInputFilter filter;
  private Duration touchInterval = Duration.ofSeconds(30);
  private boolean isDeep = true;
  private Optional<Duration> idleTimeout = Optional.empty();

  /**
   * Begins with what keeps a framework's own part apart.
   *
   * @param framework its private keys are this with "_" before and "." after it
   */
  public StoreSettings(String framework) {
    this.prefix = "_" + framework + ".";
  }

  /**
   * Tells names of attributes, besides those that begin with "_", that no other stack is to see.
   */
  public StoreSettings privateNames(Predicate<String> isPrivateName) {
    this.isPrivate = isPrivateName;
    return this;
  }

  /** Says which classes may be read where Java has serialized; null for what the JVM allows. */
  public StoreSettings filter(ObjectInputFilter newFilter) {
    this.filter = newFilter;
    return this;
  }

  /** For how long one touch is enough. Default: 30 s. */
  public StoreSettings touchInterval(Duration interval) {
    this.touchInterval = interval;
    return this;
  }

  /** Whether a change inside a value is found though nobody has set the attribute. Default: yes. */
  public StoreSettings deep(boolean deep) {
    this.isDeep = deep;
    return this;
  }

  /**
   * What ends a new session when nobody is there. Default: empty, the policy of the app decides.
   */
  public StoreSettings idleTimeout(Optional<Duration> timeout) {
    this.idleTimeout = timeout;
    return this;
  }

  String prefix() {
    return prefix;
  }

  Predicate<String> isPrivate() {
    return isPrivate;
  }

  ObjectInputFilter filter() {
    return filter;
  }

  Duration touchInterval() {
    return touchInterval;
  }

  boolean isDeep() {
    return isDeep;
  }

  Optional<Duration> idleTimeout() {
    return idleTimeout;
  }
}
