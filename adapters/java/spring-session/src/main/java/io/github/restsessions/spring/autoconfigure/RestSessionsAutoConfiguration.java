package io.github.restsessions.spring.autoconfigure;

import io.github.restsessions.Options;
import io.github.restsessions.SessionClient;
import io.github.restsessions.spring.RestSessionRepository;
import io.github.restsessions.spring.TokenCookieSerializer;
import io.github.restsessions.store.StoreSettings;
import java.io.ObjectInputFilter;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.session.IndexResolver;
import org.springframework.session.Session;
import org.springframework.session.SessionRepository;
import org.springframework.session.config.annotation.web.http.EnableSpringHttpSession;
import org.springframework.session.web.http.CookieSerializer;
import org.springframework.session.web.http.HttpSessionIdResolver;
import org.springframework.session.web.http.SessionRepositoryFilter;

/**
 * Keeps the sessions of a servlet application on the server that {@code rest-sessions.url} names.
 *
 * <p>{@code spring.session.timeout}, else {@code server.servlet.session.timeout}, is the idle
 * timeout of new sessions; without them the policy of the app on the server decides. {@code
 * server.servlet.session.cookie.*} changes the cookie.
 */
@AutoConfiguration(
    beforeName = {
      // Boot 3, and Boot 4.
      "org.springframework.boot.autoconfigure.session.SessionAutoConfiguration",
      "org.springframework.boot.session.autoconfigure.SessionAutoConfiguration"
    })
@ConditionalOnClass(SessionRepositoryFilter.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnProperty("rest-sessions.url")
@EnableConfigurationProperties(RestSessionsProperties.class)
public class RestSessionsAutoConfiguration {
  /** Is made by Boot. */
  public RestSessionsAutoConfiguration() {}

  /**
   * The client, which an application may use as well, for example to end all of a user's sessions.
   */
  @Bean
  @ConditionalOnMissingBean
  SessionClient restSessionsClient(RestSessionsProperties properties) {
    return new SessionClient(
        Options.of(properties.url(), properties.app())
            .key(properties.key())
            .timeout(properties.timeout()));
  }

  /** Spring Session, unless the application has a repository of its own. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingBean(SessionRepository.class)
  @EnableSpringHttpSession
  static class Repository {
    @Bean
    RestSessionRepository restSessionRepository(
        SessionClient client,
        RestSessionsProperties properties,
        Environment environment,
        ApplicationEventPublisher events,
        ObjectProvider<IndexResolver<Session>> indexResolver) {
      StoreSettings settings =
          new StoreSettings("spring")
              .touchInterval(properties.touchInterval())
              .idleTimeout(timeoutOf(environment));
      if (properties.serialFilter() != null)
        settings.filter(ObjectInputFilter.Config.createFilter(properties.serialFilter()));
      RestSessionRepository repository =
          new RestSessionRepository(
              client, settings, properties.saveMode(), properties.flushMode());
      repository.setApplicationEventPublisher(events);
      indexResolver.ifAvailable(repository::setIndexResolver);
      return repository;
    }

    @Bean
    @ConditionalOnMissingBean({CookieSerializer.class, HttpSessionIdResolver.class})
    TokenCookieSerializer restSessionsCookieSerializer(Environment environment) {
      return new CookieProperties(environment).serializer();
    }

    /** The classes that Boot has for this have other names in Boot 4. */
    private static Optional<Duration> timeoutOf(Environment environment) {
      return Optional.ofNullable(environment.getProperty("spring.session.timeout"))
          .or(() -> Optional.ofNullable(environment.getProperty("server.servlet.session.timeout")))
          .map(text -> DurationStyle.detectAndParse(text, ChronoUnit.SECONDS))
          .filter(timeout -> !timeout.isNegative());
    }
  }
}
