package io.github.restsessions.servlet;

import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.SiteFaults;
import io.github.restsessions.contract.TomcatSite;

class ServletFaultsTest extends SiteFaults {
  @Override
  protected TomcatSite site(SessionClient client) {
    return ServletContractTest.site(client);
  }
}
