package io.github.restsessions.spring.autoconfigure;

import io.github.restsessions.spring.TokenCookieSerializer;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.session.web.http.DefaultCookieSerializer;
import org.springframework.util.ClassUtils;

/** Boot's own properties of the session cookie, whose class has another name in Boot 4. */
final class CookieProperties {
  private static final String REMEMBER_ME =
      "org.springframework.session.security.web.authentication.SpringSessionRememberMeServices";

  private final Binder binder;

  CookieProperties(Environment environment) {
    this.binder = Binder.get(environment);
  }

  TokenCookieSerializer serializer() {
    return new TokenCookieSerializer().with(this::change);
  }

  private void change(DefaultCookieSerializer cookie) {
    set("name", String.class, cookie::setCookieName);
    set("domain", String.class, cookie::setDomainName);
    set("path", String.class, cookie::setCookiePath);
    set("http-only", Boolean.class, cookie::setUseHttpOnlyCookie);
    set("secure", Boolean.class, cookie::setUseSecureCookie);
    set("partitioned", Boolean.class, cookie::setPartitioned);
    set("max-age", Duration.class, age -> cookie.setCookieMaxAge((int) age.toSeconds()));
    set("same-site", String.class, value -> cookie.setSameSite(sameSite(value)));
    if (ClassUtils.isPresent(
        "org.springframework.security.web.authentication.RememberMeServices", null))
      cookie.setRememberMeRequestAttribute(REMEMBER_ME + "REMEMBER_ME_LOGIN_ATTR");
  }

  /** Boot's word for a cookie without the attribute is "omitted". Absence: null. */
  private static String sameSite(String value) {
    String lower = value.toLowerCase(Locale.ROOT);
    return lower.equals("omitted")
        ? null
        : lower.substring(0, 1).toUpperCase(Locale.ROOT) + lower.substring(1);
  }

  private <T> void set(String name, Class<T> type, Consumer<T> setter) {
    binder.bind("server.servlet.session.cookie." + name, type).ifBound(setter::accept);
  }
}
