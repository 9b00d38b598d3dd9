package io.github.restsessions.spring;

import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.SiteFaults;
import io.github.restsessions.contract.TomcatSite;

class SpringFaultsTest extends SiteFaults {
  @Override
  protected TomcatSite site(SessionClient client) {
    return SpringContractTest.site(new RestSessionRepository(client));
  }
}
