package io.github.restsessions;

/**
 * A session and what opens it. Only this answer has the token.
 *
 * @param token the secret for the cookie
 * @param session the session
 */
public record TokenAndSession(String token, Session session) {
  static TokenAndSession read(String json) {
    Members of = new Members(json);
    return new TokenAndSession(of.text("token"), Session.read(of.json("session").text()));
  }

  /** Leaves out the token, so that no log has it. */
  @Override
  public String toString() {
    return "TokenAndSession[" + session.id() + "]";
  }
}
