package io.github.restsessions.servlet;

import io.github.restsessions.SessionException;
import io.github.restsessions.store.Device;
import io.github.restsessions.store.SessionStore;
import io.github.restsessions.store.StoredSession;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Instant;
import java.util.Optional;

/**
 * The session of one request: read when it is asked for, written before the answer leaves.
 *
 * <p>Forwards, includes and error pages of the request share it.
 */
final class PageSession {
  private final SessionStore store;
  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final String cookieName;

  /** What the cookie has; null for no cookie. */
  private final String requested;

  private boolean isRead;

  /** What the read failed with; null when it did not. */
  private SessionException failure;

  /** Whether the cookie opened a session. */
  private boolean isValid;

  /** Whether the cookie is of no more use. */
  private boolean isStale;

  private ServletSession session;

  /** The token that the browser has, or will have with this answer; null for none. */
  private String sent;

  /** What tells the browser so; null for nothing. */
  private String setCookie;

  private PageSession(
      SessionStore store, HttpServletRequest request, HttpServletResponse response) {
    this.store = store;
    this.request = request;
    this.response = response;
    this.cookieName = request.isSecure() ? "__Host-session" : "session";
    this.requested = cookie();
    this.sent = requested;
  }

  /** Gives that of a request, which is the same one however the request is dispatched. */
  static PageSession of(
      SessionStore store, HttpServletRequest request, HttpServletResponse response) {
    String name = PageSession.class.getName();
    PageSession session = (PageSession) request.getAttribute(name);
    if (session == null) {
      session = new PageSession(store, request, response);
      request.setAttribute(name, session);
    }
    return session;
  }

  private String cookie() {
    if (request.getCookies() == null) return null;
    for (Cookie cookie : request.getCookies())
      if (cookie.getName().equals(cookieName)) return cookie.getValue();
    return null;
  }

  /** Gives the session. Absence: null where there is none, and none is to be begun. */
  synchronized ServletSession get(boolean mayBegin) {
    if (session == null && !isRead) read();
    if (session == null && mayBegin) begin();
    return session;
  }

  /** The error page of a page that could not read its session does not wait a second time. */
  private void read() {
    if (failure != null) throw failure;
    Optional<StoredSession> found;
    try {
      found = store.find(requested);
    } catch (SessionException fault) {
      failure = fault;
      throw fault;
    }
    isRead = true;
    isValid = found.isPresent();
    isStale = requested != null && !isValid;
    found.ifPresent(stored -> session = sessionOf(stored));
  }

  private void begin() {
    if (response.isCommitted())
      throw new IllegalStateException("a session cannot begin after the answer has been sent");
    StoredSession stored = store.begin();
    stored.setDevice(Device.of(request.getRemoteAddr(), request.getHeader("User-Agent")));
    session = sessionOf(stored);
  }

  private ServletSession sessionOf(StoredSession stored) {
    stored.setLastSeenAt(Instant.now());
    return new ServletSession(stored, request.getServletContext(), this::end);
  }

  private synchronized void end() {
    String token = session.stored().oldToken().orElse(session.stored().token());
    boolean wasNew = session.stored().isNew();
    session = null;
    isStale = requested != null;
    if (!wasNew) store.end(token);
  }

  /** Gives the new token. Throws IllegalStateException where there is no session. */
  synchronized String changeToken() {
    if (get(false) == null) throw new IllegalStateException("there is no session");
    return session.stored().changeToken();
  }

  String requested() {
    return requested;
  }

  synchronized boolean isValid() {
    get(false);
    return isValid;
  }

  /** Writes what has changed, and says so to the browser. A page that did not ask costs nothing. */
  synchronized void save() {
    if (session != null) {
      store.save(session.stored());
      String token = session.stored().token();
      if (!token.equals(sent)) setCookie(token, "");
    } else if (isStale && sent != null) setCookie("", "; Max-Age=0");
  }

  /** The head of the answer was emptied. The old token may open nothing any more. */
  synchronized void sendAgain() {
    if (setCookie != null) response.addHeader("Set-Cookie", setCookie);
  }

  /** After the answer has left, a cookie is of no use: it is not an error of the page, though. */
  private void setCookie(String token, String age) {
    if (response.isCommitted()) return;
    String secure = request.isSecure() ? "; Secure" : "";
    setCookie = cookieName + "=" + token + age + "; Path=/" + secure + "; HttpOnly; SameSite=Lax";
    response.addHeader("Set-Cookie", setCookie);
    sent = token.isEmpty() ? null : token;
  }
}
