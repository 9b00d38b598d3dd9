package io.github.restsessions.store;

/**
 * What one attribute is on the server.
 *
 * @param shared the JSON of the key that all stacks have; null for none
 * @param own the JSON of the private key beside it; null for none
 */
record Texts(String shared, String own) {
  static final Texts NONE = new Texts(null, null);
}
