package io.github.restsessions.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.restsessions.NewSession;
import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.Servers;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.File;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;

/** An application of servlets in Tomcat, whose filter has its settings from initial parameters. */
final class FilteredPages {
  private final String app = Servers.newApp();
  private final Map<String, Page> pages = new ConcurrentHashMap<>();
  private final Tomcat tomcat = new Tomcat();
  private SessionClient client;

  /** What is at a path. */
  interface Page {
    void serve(HttpServletRequest request, HttpServletResponse response)
        throws IOException, ServletException;
  }

  private static final class Pages extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private final transient Map<String, Page> pages;

    Pages(Map<String, Page> pages) {
      this.pages = pages;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException, ServletException {
      Object included = request.getAttribute(RequestDispatcher.INCLUDE_SERVLET_PATH);
      pages.get(included == null ? request.getServletPath() : included).serve(request, response);
    }
  }

  void start() throws LifecycleException {
    client = Servers.client(Servers.on("embedded"), app);
    tomcat.setBaseDir(System.getProperty("java.io.tmpdir"));
    tomcat.setHostname("127.0.0.1");
    tomcat.setPort(0);
    Context context = tomcat.addContext("", new File(".").getAbsolutePath());
    context.addServletContainerInitializer(
        (classes, application) -> {
          FilterRegistration.Dynamic filter =
              application.addFilter("sessions", RestSessionFilter.class);
          filter.setInitParameters(
              Map.of(
                  "url",
                  Servers.on("embedded"),
                  "app",
                  app,
                  "idleTimeout",
                  "420",
                  "timeout",
                  "30"));
          filter.setAsyncSupported(true);
          filter.addMappingForUrlPatterns(EnumSet.allOf(DispatcherType.class), false, "/*");
          ServletRegistration.Dynamic servlet = application.addServlet("pages", new Pages(pages));
          servlet.setAsyncSupported(true);
          for (int i = 0; i < 12; i++) servlet.addMapping("/" + i);
        },
        null);
    tomcat.start();
  }

  void close() throws LifecycleException {
    tomcat.stop();
    tomcat.destroy();
  }

  /** Calls the server that the pages' sessions are on, for their app. */
  SessionClient client() {
    return client;
  }

  void serve(String path, Page page) {
    pages.put(path, page);
  }

  /** Puts a page at a path, and asks for it; without a cookie where the token is null. */
  HttpResponse<String> get(String path, String token, Page page) {
    serve(path, page);
    Map<String, String> headers = token == null ? Map.of() : Map.of("Cookie", "session=" + token);
    String url = "http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + path;
    return Servers.text("GET", url, headers, null);
  }

  static String tokenOf(HttpResponse<?> answer) {
    List<String> cookies = answer.headers().allValues("Set-Cookie");
    assertEquals(1, cookies.size(), cookies.toString());
    return cookies.get(0).substring("session=".length(), cookies.get(0).indexOf(';'));
  }

  /** Makes a session, and gives its token. */
  String begin(Map<String, Object> data) {
    return client.create(new NewSession().data(data)).token();
  }
}
