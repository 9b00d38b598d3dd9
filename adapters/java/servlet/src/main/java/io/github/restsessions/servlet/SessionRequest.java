package io.github.restsessions.servlet;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpSession;

/** A request whose session is not the container's. */
final class SessionRequest extends HttpServletRequestWrapper {
  private final PageSession session;

  SessionRequest(HttpServletRequest request, PageSession session) {
    super(request);
    this.session = session;
  }

  @Override
  public HttpSession getSession() {
    return session.get(true);
  }

  @Override
  public HttpSession getSession(boolean mayBegin) {
    return session.get(mayBegin);
  }

  @Override
  public String changeSessionId() {
    return session.changeToken();
  }

  @Override
  public String getRequestedSessionId() {
    return session.requested();
  }

  @Override
  public boolean isRequestedSessionIdValid() {
    return session.isValid();
  }

  @Override
  public boolean isRequestedSessionIdFromCookie() {
    return session.requested() != null;
  }

  @Override
  public boolean isRequestedSessionIdFromURL() {
    return false;
  }
}
