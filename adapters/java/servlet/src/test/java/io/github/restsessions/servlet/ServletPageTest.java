package io.github.restsessions.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.restsessions.NewSession;
import io.github.restsessions.contract.Documented;
import io.github.restsessions.contract.Servers;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.File;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServletPageTest {
  private static final class Visits extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      request.getSession().setAttribute("visits", 1);
    }
  }

  @Test
  void theLinesAboutServletsRun(@TempDir Path folder) throws Exception {
    String code = Documented.blocks("../../docs/platforms/java.md", "java").get(1);
    Class<?> compiled =
        Documented.compiled(
            code,
            Servers.on("embedded"),
            folder,
            "io.github.restsessions.*",
            "io.github.restsessions.servlet.*",
            "jakarta.servlet.*",
            "java.util.*");
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(folder.toString());
    tomcat.setHostname("127.0.0.1");
    tomcat.setPort(0);
    Context context = tomcat.addContext("", new File(".").getAbsolutePath());
    Object made = compiled.getConstructor().newInstance();
    context.addServletContainerInitializer((ServletContainerInitializer) made, null);
    context.addServletContainerInitializer(
        (classes, application) -> application.addServlet("visits", new Visits()).addMapping("/*"),
        null);
    tomcat.start();
    // The lines wait for 2 s, and a machine that has just begun may need longer.
    Servers.client("embedded").create(new NewSession());
    try {
      String url = "http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + "/";
      HttpResponse<String> answer = Servers.text("GET", url, Map.of(), null);
      String cookie = answer.headers().firstValue("Set-Cookie").orElseThrow();
      assertEquals(0, cookie.indexOf("session="), cookie);
    } finally {
      tomcat.stop();
      tomcat.destroy();
    }
  }
}
