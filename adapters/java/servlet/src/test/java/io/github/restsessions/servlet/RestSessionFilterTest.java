package io.github.restsessions.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.JsonText;
import io.github.restsessions.NewSession;
import io.github.restsessions.Read;
import io.github.restsessions.Session;
import io.github.restsessions.SessionClient;
import io.github.restsessions.SessionException;
import io.github.restsessions.contract.CuttingProxy;
import io.github.restsessions.contract.Servers;
import io.github.restsessions.contract.Site.Answer;
import io.github.restsessions.contract.TomcatSite;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import java.io.File;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An application of servlets in Tomcat, whose filter has its settings from initial parameters. */
class RestSessionFilterTest {
  private static final String APP = Servers.newApp();
  private static final Map<String, Page> PAGES = new ConcurrentHashMap<>();
  private static final Tomcat TOMCAT = new Tomcat();
  private static SessionClient client;

  private interface Page {
    void serve(HttpServletRequest request, HttpServletResponse response)
        throws IOException, ServletException;
  }

  private static final class Pages extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException, ServletException {
      Object included = request.getAttribute(RequestDispatcher.INCLUDE_SERVLET_PATH);
      PAGES.get(included == null ? request.getServletPath() : included).serve(request, response);
    }
  }

  @BeforeAll
  static void start() throws LifecycleException {
    client = Servers.client(Servers.on("embedded"), APP);
    TOMCAT.setBaseDir(System.getProperty("java.io.tmpdir"));
    TOMCAT.setHostname("127.0.0.1");
    TOMCAT.setPort(0);
    Context context = TOMCAT.addContext("", new File(".").getAbsolutePath());
    context.addServletContainerInitializer(
        (classes, application) -> {
          FilterRegistration.Dynamic filter =
              application.addFilter("sessions", RestSessionFilter.class);
          filter.setInitParameters(
              Map.of(
                  "url",
                  Servers.on("embedded"),
                  "app",
                  APP,
                  "idleTimeout",
                  "420",
                  "timeout",
                  "30"));
          filter.setAsyncSupported(true);
          filter.addMappingForUrlPatterns(EnumSet.allOf(DispatcherType.class), false, "/*");
          ServletRegistration.Dynamic pages = application.addServlet("pages", new Pages());
          pages.setAsyncSupported(true);
          for (int i = 0; i < 12; i++) pages.addMapping("/" + i);
        },
        null);
    TOMCAT.start();
  }

  @AfterAll
  static void stop() throws LifecycleException {
    TOMCAT.stop();
    TOMCAT.destroy();
  }

  private static HttpResponse<String> get(String path, String token, Page page) {
    PAGES.put(path, page);
    return again(path, token);
  }

  private static HttpResponse<String> again(String path, String token) {
    Map<String, String> headers = token == null ? Map.of() : Map.of("Cookie", "session=" + token);
    String url = "http://127.0.0.1:" + TOMCAT.getConnector().getLocalPort() + path;
    return Servers.text("GET", url, headers, null);
  }

  private static String tokenOf(HttpResponse<?> answer) {
    List<String> cookies = answer.headers().allValues("Set-Cookie");
    assertEquals(1, cookies.size(), cookies.toString());
    return cookies.get(0).substring("session=".length(), cookies.get(0).indexOf(';'));
  }

  private static String begin(Map<String, Object> data) {
    return client.create(new NewSession().data(data)).token();
  }

  @Test
  void aSessionIsWhatTheSpecificationSays() {
    List<String> bound = new ArrayList<>();
    HttpSessionBindingListener listener =
        new HttpSessionBindingListener() {
          @Override
          public void valueBound(HttpSessionBindingEvent event) {
            bound.add("bound " + event.getName());
          }

          @Override
          public void valueUnbound(HttpSessionBindingEvent event) {
            bound.add("unbound " + event.getName());
          }
        };
    HttpResponse<String> answer =
        get(
            "/0",
            null,
            (request, response) -> {
              assertNull(request.getSession(false));
              assertThrows(IllegalStateException.class, request::changeSessionId);
              HttpSession session = request.getSession();
              assertTrue(session.isNew());
              assertEquals(session.getId(), request.getSession(true).getId());
              assertEquals(420, session.getMaxInactiveInterval());
              session.setAttribute("a", 1);
              session.setAttribute("b", listener);
              session.removeAttribute("b");
              session.setMaxInactiveInterval(300);
              assertEquals(List.of("a"), Collections.list(session.getAttributeNames()));
              assertEquals(request.getServletContext(), session.getServletContext());
              response.getWriter().print("ok");
            });
    assertEquals("ok", answer.body());
    assertEquals(List.of("bound b", "unbound b"), bound);
    String token = tokenOf(answer);
    assertEquals(Optional.of(Duration.ofMinutes(5)), client.get(token, Read.ONLY).idleTimeout());
    HttpResponse<String> next =
        get(
            "/0",
            token,
            (request, response) -> {
              assertTrue(request.isRequestedSessionIdValid());
              assertTrue(request.isRequestedSessionIdFromCookie());
              assertFalse(request.isRequestedSessionIdFromURL());
              assertEquals(token, request.getRequestedSessionId());
              HttpSession session = request.getSession(false);
              assertFalse(session.isNew());
              assertTrue(session.getCreationTime() <= session.getLastAccessedTime());
              session.invalidate();
              assertThrows(IllegalStateException.class, () -> session.getAttribute("a"));
              assertThrows(IllegalStateException.class, session::invalidate);
              HttpSession other = request.getSession();
              assertNotEquals(token, other.getId());
              other.setAttribute("c", 3);
            });
    assertEquals(200, next.statusCode(), next.body());
    assertTrue(client.find(token, Read.ONLY).isEmpty());
    assertEquals(Map.of("c", new JsonText("3")), client.get(tokenOf(next), Read.ONLY).data());
  }

  @Test
  void whatIsBegunAndEndedOnOnePageCostsNothing() {
    long before = client.list(Optional.empty()).sessions().size();
    HttpResponse<String> answer =
        get("/1", null, (request, response) -> request.getSession().invalidate());
    assertEquals(List.of(), answer.headers().allValues("Set-Cookie"));
    assertEquals(before, client.list(Optional.empty()).sessions().size());
  }

  @Test
  void aLogoutAndADeadTokenTakeTheCookieAway() {
    String token = begin(Map.of());
    HttpResponse<String> answer =
        get("/2", token, (request, response) -> request.getSession().invalidate());
    assertTrue(answer.headers().firstValue("Set-Cookie").orElse("").contains("Max-Age=0"));
    HttpResponse<String> later =
        get("/2", token, (request, response) -> assertNull(request.getSession(false)));
    assertTrue(later.headers().firstValue("Set-Cookie").orElse("").contains("Max-Age=0"));
  }

  @Test
  void aChangeInsideAValueIsFoundAndALoginKeepsIt() {
    String token = begin(Map.of("cart", Map.of("lamp", 1), "other", 1));
    HttpResponse<String> answer =
        get(
            "/3",
            token,
            (request, response) -> {
              @SuppressWarnings("unchecked")
              Map<String, Object> cart =
                  (Map<String, Object>) request.getSession().getAttribute("cart");
              cart.put("lamp", 2);
              request.changeSessionId();
              request.getSession().setAttribute(RestSessionFilter.SUBJECT, "ann");
              request.getSession().removeAttribute("other");
            });
    assertTrue(client.find(token, Read.ONLY).isEmpty());
    Session session = client.get(tokenOf(answer), Read.ONLY);
    assertEquals("{cart={\"lamp\":2}}", session.data().toString());
    assertEquals(Optional.of("ann"), session.subject());
  }

  @Test
  void aLongAnswerIsSavedBeforeItLeaves() {
    String token = begin(Map.of());
    Map<String, Page> sent = new HashMap<>();
    sent.put("stream", (request, response) -> response.getOutputStream().write(new byte[100_000]));
    sent.put("writer", (request, response) -> response.getWriter().print("x".repeat(100_000)));
    sent.put("flush", (request, response) -> response.flushBuffer());
    sent.put("redirect", (request, response) -> response.sendRedirect("/elsewhere"));
    sent.put("error", (request, response) -> response.sendError(410));
    sent.put(
        "length",
        (request, response) -> {
          response.setContentLength(2);
          response.getOutputStream().print("ok");
        });
    sent.put("closed", (request, response) -> response.getWriter().close());
    sent.forEach(
        (name, send) -> {
          // The answer may be here before the page goes on.
          CompletableFuture<Boolean> isThere = new CompletableFuture<>();
          HttpResponse<String> answer =
              get(
                  "/4",
                  token,
                  (request, response) -> {
                    request.getSession().setAttribute(name, 1);
                    send.serve(request, response);
                    isThere.complete(client.get(token, Read.ONLY).data().containsKey(name));
                  });
          assertTrue(isThere.orTimeout(30, TimeUnit.SECONDS).join(), name);
          assertTrue(answer.statusCode() < 500, name);
        });
    HttpResponse<String> begun =
        get(
            "/4",
            null,
            (request, response) -> {
              request.getSession().setAttribute("a", 1);
              response.getOutputStream().write(new byte[100_000]);
              request.getSession().setAttribute("b", 2);
            });
    Set<String> keys = client.get(tokenOf(begun), Read.ONLY).data().keySet();
    assertEquals(Set.of("a", "b"), keys);
  }

  @Test
  void forwardsIncludesAndErrorPagesShareTheSession() {
    PAGES.put("/6", (request, response) -> request.getSession().setAttribute("inner", 1));
    HttpResponse<String> answer =
        get(
            "/5",
            null,
            (request, response) -> {
              request.getSession().setAttribute("outer", 1);
              request.getRequestDispatcher("/6").include(request, response);
              request.getSession().setAttribute("after", 1);
              request.getRequestDispatcher("/6").forward(request, response);
            });
    assertEquals(200, answer.statusCode(), answer.body());
    assertEquals(
        Set.of("outer", "inner", "after"), client.get(tokenOf(answer), Read.ONLY).data().keySet());
  }

  @Test
  void whatAnotherThreadOfThePageChangesIsSaved() {
    String token = begin(Map.of());
    HttpResponse<String> answer =
        get(
            "/7",
            token,
            (request, response) -> {
              HttpSession session = request.getSession();
              AsyncContext async = request.startAsync();
              async.start(
                  () -> {
                    session.setAttribute("later", 1);
                    async.complete();
                  });
            });
    assertEquals(200, answer.statusCode());
    long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (client.get(token, Read.ONLY).data().isEmpty() && System.nanoTime() < until)
      Thread.onSpinWait();
    assertEquals(Set.of("later"), client.get(token, Read.ONLY).data().keySet());
  }

  @Test
  void whatAPageKeptBeforeItFailedIsKept() {
    String token = begin(Map.of());
    HttpResponse<String> answer =
        get(
            "/8",
            token,
            (request, response) -> {
              request.getSession().setAttribute("tries", 1);
              throw new ServletException("a fault of the page");
            });
    assertEquals(500, answer.statusCode());
    assertEquals("1", client.get(token, Read.ONLY).data().get("tries").text());
  }

  @Test
  void aFailedReadIsNotTriedAgainByTheSamePage() {
    try (CuttingProxy proxy = new CuttingProxy(Servers.on("embedded"), Integer.MAX_VALUE)) {
      TomcatSite site = ServletContractTest.site(Servers.client(proxy.url(), APP));
      Answer answer =
          site.visit(
              "a-token-of-some-framework-01",
              deeds -> {
                assertThrows(SessionException.class, () -> deeds.see("a"));
                deeds.see("a");
              });
      assertEquals(new Answer("error", List.of()), answer);
      // A read whose connection breaks is sent once more.
      assertEquals(2, proxy.requests());
    }
  }

  @Test
  void theContainersOwnAttributesStayPrivate() {
    HttpResponse<String> answer =
        get(
            "/9",
            null,
            (request, response) ->
                request.getSession().setAttribute("jakarta.servlet.jsp.jstl.fmt.locale", "de"));
    assertEquals(
        Set.of("_servlet.jakarta.servlet.jsp.jstl.fmt.locale"),
        client.get(tokenOf(answer), Read.ONLY).data().keySet());
  }
}
