package io.github.restsessions.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.SessionException;
import io.github.restsessions.store.SessionEndedException;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.File;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.RemoteIpValve;

/** An application in Tomcat under a filter. All of them share one Tomcat. */
public final class TomcatSite implements Site {
  private static final Map<String, TomcatSite> SITES = new ConcurrentHashMap<>();
  private static final Map<Integer, String> ENDS = Map.of(200, "well", 409, "told", 500, "error");

  private final String name = UUID.randomUUID().toString();
  private final Filter filter;
  private final Function<HttpServletRequest, Deeds> deeds;
  private volatile Consumer<Deeds> page;

  /**
   * @param filter has the session layer
   * @param deeds what the pages do with it
   */
  public TomcatSite(Filter filter, Function<HttpServletRequest, Deeds> deeds) {
    this.filter = filter;
    this.deeds = deeds;
    SITES.put(name, this);
  }

  @Override
  public Answer visit(String cookie, Consumer<Deeds> does) {
    return visit(cookie == null ? Map.of() : Map.of("Cookie", "session=" + cookie), does);
  }

  /** Serves one page for a request with headers. */
  public Answer visit(Map<String, String> headers, Consumer<Deeds> does) {
    HttpResponse<String> answer = answer(headers, does);
    List<String> cookies = new ArrayList<>();
    for (String cookie : answer.headers().allValues("Set-Cookie")) {
      boolean isCleared = cookie.contains("Max-Age=0");
      for (String part : List.of("HttpOnly", "SameSite=Lax", "Path=/"))
        assertTrue(List.of(cookie.split("; ")).contains(part), cookie);
      cookies.add(isCleared ? "" : cookie.substring(cookie.indexOf('=') + 1, cookie.indexOf(';')));
    }
    return new Answer(ENDS.getOrDefault(answer.statusCode(), "" + answer.statusCode()), cookies);
  }

  /** Gives the whole answer of a page. */
  public HttpResponse<String> answer(Map<String, String> headers, Consumer<Deeds> does) {
    page = does;
    Map<String, String> all = new HashMap<>(headers);
    all.put("Site", name);
    return Servers.text("GET", "http://127.0.0.1:" + Running.PORT + "/shop/page", all, null);
  }

  /** It is started when it is needed. */
  private static final class Running {
    static final int PORT = start();

    private static int start() {
      Tomcat tomcat = new Tomcat();
      tomcat.setBaseDir(System.getProperty("java.io.tmpdir"));
      tomcat.setHostname("127.0.0.1");
      tomcat.setPort(0);
      Context context = tomcat.addContext("/shop", new File(".").getAbsolutePath());
      // What a proxy with TLS says, as most applications have it.
      RemoteIpValve proxies = new RemoteIpValve();
      context.getPipeline().addValve(proxies);
      context.addServletContainerInitializer(
          (classes, application) -> {
            application
                .addFilter("sites", new SiteFilter())
                .addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/*");
            application.addServlet("page", new PageServlet()).addMapping("/*");
          },
          null);
      try {
        tomcat.start();
      } catch (LifecycleException fault) {
        throw new IllegalStateException(fault);
      }
      return tomcat.getConnector().getLocalPort();
    }
  }

  /** Tells by a status how the page ended. */
  private static final class SiteFilter extends HttpFilter {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doFilter(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      try {
        SITES.get(request.getHeader("Site")).filter.doFilter(request, response, chain);
      } catch (SessionEndedException told) {
        response.setStatus(HttpServletResponse.SC_CONFLICT);
      } catch (SessionException error) {
        response.setStatus(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
      }
    }
  }

  private static final class PageServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      TomcatSite site = SITES.get(request.getHeader("Site"));
      site.page.accept(site.deeds.apply(request));
    }
  }
}
