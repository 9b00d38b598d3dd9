/**
 * Spring Session on a REST-Sessions server.
 *
 * <p>With Spring Boot two properties are enough: {@code rest-sessions.url} and {@code
 * rest-sessions.app}. Without it, {@code @EnableSpringHttpSession} and two beans: a {@link
 * io.github.restsessions.spring.RestSessionRepository} and a {@link
 * io.github.restsessions.spring.TokenCookieSerializer}.
 */
package io.github.restsessions.spring;
