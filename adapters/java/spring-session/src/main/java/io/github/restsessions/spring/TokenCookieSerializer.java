package io.github.restsessions.spring;

import io.github.restsessions.SessionException;
import io.github.restsessions.Token;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.function.Consumer;
import org.springframework.session.web.http.CookieSerializer;
import org.springframework.session.web.http.DefaultCookieSerializer;
import org.springframework.session.web.http.SessionRepositoryFilter;

/**
 * Has the token in the cookie as it is, so that other stacks of the same site read it.
 *
 * <p>The cookie is {@code __Host-session} over HTTPS and {@code session} over HTTP, for all paths,
 * with HttpOnly, SameSite=Lax, and over HTTPS Secure.
 */
public final class TokenCookieSerializer implements CookieSerializer {
  /** Two domains may each have set one. Each that opens nothing costs a request. */
  private static final int MOST_COOKIES = 2;

  private final DefaultCookieSerializer plain = raw("session");
  private final DefaultCookieSerializer secure = raw("__Host-session");

  /** Begins with the cookie that is described above. */
  public TokenCookieSerializer() {}

  private static DefaultCookieSerializer raw(String name) {
    DefaultCookieSerializer serializer = new DefaultCookieSerializer();
    serializer.setCookieName(name);
    serializer.setCookiePath("/");
    serializer.setUseBase64Encoding(false);
    return serializer;
  }

  /**
   * Changes the cookie, over HTTP and over HTTPS. A name that begins with {@code __Host-} must have
   * no domain and the path {@code /}.
   */
  public TokenCookieSerializer with(Consumer<DefaultCookieSerializer> change) {
    change.accept(plain);
    change.accept(secure);
    return this;
  }

  @Override
  public void writeCookieValue(CookieValue value) {
    of(value.getRequest()).writeCookieValue(value);
  }

  @Override
  public List<String> readCookieValues(HttpServletRequest request) {
    failAgain(request);
    // Once more would be asked when a new session is saved, after a token that opened nothing.
    if (request.getAttribute(SessionRepositoryFilter.INVALID_SESSION_ID_ATTR) != null)
      return List.of();
    return of(request).readCookieValues(request).stream()
        .filter(Token::isPossible)
        .limit(MOST_COOKIES)
        .toList();
  }

  /**
   * The error page of a request whose session could not be read fails as the page did, at once: to
   * wait for the server a second time helps nobody, and without a session the user would be sent to
   * log in.
   */
  private static void failAgain(HttpServletRequest request) {
    if (request.getDispatcherType() != DispatcherType.ERROR) return;
    Object fault = request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
    for (Throwable at = (Throwable) fault; at != null; at = at.getCause())
      if (at instanceof SessionException failure) throw failure;
  }

  private DefaultCookieSerializer of(HttpServletRequest request) {
    return request.isSecure() ? secure : plain;
  }
}
