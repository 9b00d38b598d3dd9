package io.github.restsessions.servlet;

import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.Contract;
import io.github.restsessions.contract.HttpDeeds;
import io.github.restsessions.contract.TomcatSite;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The rules of all session layers, by the filter in Tomcat. */
class ServletContractTest {
  @TestFactory
  Stream<DynamicTest> contract() {
    return Contract.tests(ServletContractTest::site);
  }

  static TomcatSite site(SessionClient client) {
    return new TomcatSite(
        new RestSessionFilter(client),
        request -> new HttpDeeds(request, RestSessionFilter.SUBJECT));
  }
}
