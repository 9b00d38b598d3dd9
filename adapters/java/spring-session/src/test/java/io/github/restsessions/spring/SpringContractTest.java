package io.github.restsessions.spring;

import static org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME;

import io.github.restsessions.contract.Contract;
import io.github.restsessions.contract.HttpDeeds;
import io.github.restsessions.contract.TomcatSite;
import jakarta.servlet.Filter;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.springframework.session.web.http.CookieHttpSessionIdResolver;
import org.springframework.session.web.http.SessionRepositoryFilter;
import org.springframework.web.filter.RequestContextFilter;

/** The rules of all session layers, by Spring Session's own filter in Tomcat. */
class SpringContractTest {
  @TestFactory
  Stream<DynamicTest> contract() {
    return Contract.tests(client -> site(new RestSessionRepository(client)));
  }

  static TomcatSite site(RestSessionRepository repository) {
    CookieHttpSessionIdResolver resolver = new CookieHttpSessionIdResolver();
    resolver.setCookieSerializer(new TokenCookieSerializer());
    SessionRepositoryFilter<RestSession> sessions = new SessionRepositoryFilter<>(repository);
    sessions.setHttpSessionIdResolver(resolver);
    // Spring MVC has the request at hand while a page runs, and so it is here.
    RequestContextFilter requests = new RequestContextFilter();
    Filter both =
        (request, response, chain) ->
            sessions.doFilter(
                request, response, (inner, answer) -> requests.doFilter(inner, answer, chain));
    return new TomcatSite(both, request -> new HttpDeeds(request, PRINCIPAL_NAME_INDEX_NAME));
  }
}
