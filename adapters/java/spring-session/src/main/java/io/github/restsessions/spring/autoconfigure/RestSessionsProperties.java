package io.github.restsessions.spring.autoconfigure;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.session.FlushMode;
import org.springframework.session.SaveMode;

/**
 * What an application says in its properties.
 *
 * @param url URL of the REST-Sessions server, for example http://127.0.0.1:3000. With it, sessions
 *     are kept there.
 * @param app Name of the app whose sessions these are, 3 to 20 letters, digits, _ or -.
 * @param key API key. Leave it out where the server has none.
 * @param timeout How long one call may take, with its second attempt.
 * @param touchInterval For how long one read is enough to tell that someone is there.
 * @param saveMode Whether changes inside of values are found that nobody has set: with any but
 *     on-set-attribute. What is not changed is written in no mode.
 * @param flushMode Whether changes are written when the request ends, or each at once.
 * @param serialFilter Classes that may be read where Java has serialized an attribute, in the form
 *     of jdk.serialFilter, for example java.base/*;org.springframework.security.**;com.shop.**;!*
 *     (all others no).
 */
@ConfigurationProperties("rest-sessions")
public record RestSessionsProperties(
    String url,
    String app,
    String key,
    @DefaultValue("2s") Duration timeout,
    @DefaultValue("30s") Duration touchInterval,
    @DefaultValue("on-set-attribute") SaveMode saveMode,
    @DefaultValue("on-save") FlushMode flushMode,
    String serialFilter) {

  /** Leaves out the key, so that no log has it. */
  @Override
  public String toString() {
    return "RestSessionsProperties[" + url + " " + app + "]";
  }
}
