/**
 * The client of the REST-Sessions login-session server.
 *
 * <pre>{@code
 * SessionClient client = SessionClient.of("http://127.0.0.1:3000", "shop");
 * TokenAndSession made = client.create(new NewSession().subject("user123"));
 * Session session = client.get(made.token(), Read.AND_TOUCH);
 * }</pre>
 *
 * <p>It depends on the JDK only. Whatever a call fails with is a {@link
 * io.github.restsessions.SessionException}; its subclasses tell apart that there is no such session
 * (the only one on which a cookie is cleared), that the server was too slow, that it is lost, and
 * that the client is set up wrongly.
 */
package io.github.restsessions;
