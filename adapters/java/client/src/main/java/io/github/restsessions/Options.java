package io.github.restsessions;

import java.net.URI;
import java.time.Duration;
import java.util.regex.Pattern;

/** Says where the server is, and who asks. */
public final class Options {
  private static final Pattern APP = Pattern.compile("[A-Za-z0-9_-]{3,20}");

  private final String url;
  private final String app;
  private String key;
  private Duration timeout = Duration.ofSeconds(2);

  private Options(String url, String app) {
    this.url = url;
    this.app = app;
  }

  /**
   * Begins with what must be there.
   *
   * @param url of the server, without /v1, for example {@code http://127.0.0.1:3000}
   * @param app the name of the app whose sessions these are
   */
  public static Options of(String url, String app) {
    return new Options(url, app);
  }

  /** The API key; null or empty where the server has none. */
  public Options key(String newKey) {
    this.key = newKey == null || newKey.isEmpty() ? null : newKey;
    return this;
  }

  /** For a whole call, with its second attempt. Default: 2 s. */
  public Options timeout(Duration newTimeout) {
    this.timeout = newTimeout;
    return this;
  }

  String app() {
    return app;
  }

  String key() {
    return key;
  }

  Duration timeout() {
    return timeout;
  }

  /** Gives the URL without a slash at its end. */
  String base() {
    return url.replaceAll("/+$", "");
  }

  /** Throws SessionConfigurationException that says which option is wrong. */
  void check() {
    if (app == null || !APP.matcher(app).matches())
      throw wrong("wrong_app", "app must be 3 to 20 letters, digits, _ or -, and is " + app);
    if (key != null && !key.chars().allMatch(sign -> sign > ' ' && sign <= '~'))
      throw wrong("wrong_key", "key must be visible ASCII characters without spaces");
    if (timeout == null || timeout.isNegative() || timeout.isZero())
      throw wrong("wrong_timeout", "timeout must be longer than nothing, and is " + timeout);
    checkUrl();
  }

  private void checkUrl() {
    URI at;
    try {
      at = URI.create(url == null ? "" : base());
    } catch (IllegalArgumentException fault) {
      throw wrong("wrong_url", "url must be an http or https URL");
    }
    boolean isHttp =
        "http".equalsIgnoreCase(at.getScheme()) || "https".equalsIgnoreCase(at.getScheme());
    if (!isHttp || at.getHost() == null)
      throw wrong("wrong_url", "url must be an http or https URL");
    if (at.getUserInfo() != null || at.getQuery() != null || at.getFragment() != null)
      throw wrong(
          "wrong_url", "url must have no user, query or fragment: an API key is the option key");
  }

  private static SessionConfigurationException wrong(String code, String message) {
    return new SessionConfigurationException(Failure.of(code, message));
  }
}
