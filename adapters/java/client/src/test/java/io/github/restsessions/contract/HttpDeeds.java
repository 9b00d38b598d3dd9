package io.github.restsessions.contract;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;

/**
 * What a page does with the session API of servlets.
 *
 * @param subjectName the attribute that says whose session it is
 */
public record HttpDeeds(HttpServletRequest request, String subjectName) implements Deeds {
  @Override
  public Object see(String key) {
    HttpSession session = request.getSession(false);
    return session == null ? null : session.getAttribute(key);
  }

  @Override
  public void set(String key, Object value) {
    request.getSession().setAttribute(key, value);
  }

  @Override
  public void unset(String key) {
    HttpSession session = request.getSession(false);
    if (session != null) session.removeAttribute(key);
  }

  @Override
  public void login(String subject) {
    request.getSession();
    request.changeSessionId();
    request.getSession().setAttribute(subjectName, subject);
  }

  @Override
  public void logout() {
    HttpSession session = request.getSession(false);
    if (session != null) session.invalidate();
  }
}
