package io.github.restsessions;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * One request to the server.
 *
 * @param method of HTTP
 * @param path below the app, with the query
 * @param headers without the API key
 * @param body JSON; null for none
 * @param isRepeatable it does no harm twice, because it is a read or has an Idempotency-Key
 * @param extra how long the server was asked to take
 */
record Call(
    String method,
    String path,
    Map<String, String> headers,
    String body,
    boolean isRepeatable,
    Duration extra) {

  Call(String method, String path, Map<String, String> headers, String body, boolean isRepeatable) {
    this(method, path, headers, body, isRepeatable, Duration.ZERO);
  }

  static Call get(String path) {
    return new Call("GET", path, Map.of(), null, true);
  }

  static Call delete(String path) {
    return new Call("DELETE", path, Map.of(), null, true);
  }

  static Call post(String path, String body) {
    return new Call("POST", path, Map.of(), body, false);
  }

  Call with(String name, String value) {
    Map<String, String> more = new TreeMap<>(headers);
    more.put(name, value);
    return new Call(method, path, more, body, isRepeatable, extra);
  }

  Call repeatable() {
    return new Call(method, path, headers, body, true, extra);
  }

  Call waiting(Duration time) {
    return new Call(method, path, headers, body, isRepeatable, time);
  }
}
