package io.github.restsessions.contract;

/** What a page of a vector does with its session, as its framework does it. */
public interface Deeds {
  /** Absence: null. */
  Object see(String key);

  void set(String key, Object value);

  void unset(String key);

  void login(String subject);

  void logout();
}
