package io.github.restsessions;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a request says about a session. What is not said is left to the server: to its policy, or as
 * it is.
 *
 * @param <B> the kind of body
 */
public abstract class Body<B extends Body<B>> {
  private final Map<String, Object> members = new LinkedHashMap<>();

  Body() {}

  abstract B self();

  /** Whose session it is. In a rotation this is a login. */
  public B subject(String subject) {
    return with("subject", subject);
  }

  /** What it is called; null takes the name away. */
  public B label(String label) {
    return with("label", label);
  }

  /** What ends it when nobody is there; null for none. */
  public B idleTimeout(Duration timeout) {
    return with("idleTimeout", timeout == null ? null : Timeouts.seconds(timeout));
  }

  /** Tells whether nothing is said. */
  public boolean isEmpty() {
    return members.isEmpty();
  }

  final B with(String name, Object value) {
    members.put(name, value);
    return self();
  }

  final B withData(String name, String key, Object value) {
    @SuppressWarnings("unchecked")
    Map<String, JsonText> data =
        (Map<String, JsonText>)
            members.computeIfAbsent(name, absent -> new LinkedHashMap<String, JsonText>());
    try {
      data.put(key, JsonText.of(value));
    } catch (IllegalArgumentException fault) {
      throw new IllegalArgumentException(key + ": " + fault.getMessage(), fault);
    }
    return self();
  }

  final String json() {
    return JsonWriter.write(members);
  }
}
