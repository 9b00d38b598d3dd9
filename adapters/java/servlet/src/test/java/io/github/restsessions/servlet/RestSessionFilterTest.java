package io.github.restsessions.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.JsonText;
import io.github.restsessions.Read;
import io.github.restsessions.Session;
import io.github.restsessions.SessionException;
import io.github.restsessions.contract.CuttingProxy;
import io.github.restsessions.contract.Servers;
import io.github.restsessions.contract.Site.Answer;
import io.github.restsessions.contract.TomcatSite;
import jakarta.servlet.http.HttpSession;
import jakarta.servlet.http.HttpSessionBindingEvent;
import jakarta.servlet.http.HttpSessionBindingListener;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.catalina.LifecycleException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a page under the filter sees of its session. */
class RestSessionFilterTest {
  private static final FilteredPages PAGES = new FilteredPages();

  @BeforeAll
  static void start() throws LifecycleException {
    PAGES.start();
  }

  @AfterAll
  static void stop() throws LifecycleException {
    PAGES.close();
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
        PAGES.get(
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
    String token = FilteredPages.tokenOf(answer);
    assertEquals(
        Optional.of(Duration.ofMinutes(5)), PAGES.client().get(token, Read.ONLY).idleTimeout());
    HttpResponse<String> next =
        PAGES.get(
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
    assertTrue(PAGES.client().find(token, Read.ONLY).isEmpty());
    assertEquals(
        Map.of("c", new JsonText("3")),
        PAGES.client().get(FilteredPages.tokenOf(next), Read.ONLY).data());
  }

  @Test
  void whatIsBegunAndEndedOnOnePageCostsNothing() {
    long before = PAGES.client().list(Optional.empty()).sessions().size();
    HttpResponse<String> answer =
        PAGES.get("/1", null, (request, response) -> request.getSession().invalidate());
    assertEquals(List.of(), answer.headers().allValues("Set-Cookie"));
    assertEquals(before, PAGES.client().list(Optional.empty()).sessions().size());
  }

  @Test
  void aLogoutAndADeadTokenTakeTheCookieAway() {
    String token = PAGES.begin(Map.of());
    HttpResponse<String> answer =
        PAGES.get("/2", token, (request, response) -> request.getSession().invalidate());
    assertTrue(answer.headers().firstValue("Set-Cookie").orElse("").contains("Max-Age=0"));
    HttpResponse<String> later =
        PAGES.get("/2", token, (request, response) -> assertNull(request.getSession(false)));
    assertTrue(later.headers().firstValue("Set-Cookie").orElse("").contains("Max-Age=0"));
  }

  @Test
  void aChangeInsideAValueIsFoundAndALoginKeepsIt() {
    String token = PAGES.begin(Map.of("cart", Map.of("lamp", 1), "other", 1));
    HttpResponse<String> answer =
        PAGES.get(
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
    assertTrue(PAGES.client().find(token, Read.ONLY).isEmpty());
    Session session = PAGES.client().get(FilteredPages.tokenOf(answer), Read.ONLY);
    assertEquals("{cart={\"lamp\":2}}", session.data().toString());
    assertEquals(Optional.of("ann"), session.subject());
  }

  @Test
  void aFailedReadIsNotTriedAgainByTheSamePage() {
    try (CuttingProxy proxy = new CuttingProxy(Servers.on("embedded"), Integer.MAX_VALUE)) {
      TomcatSite site = ServletContractTest.site(Servers.client(proxy.url(), Servers.newApp()));
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
        PAGES.get(
            "/9",
            null,
            (request, response) ->
                request.getSession().setAttribute("jakarta.servlet.jsp.jstl.fmt.locale", "de"));
    assertEquals(
        Set.of("_servlet.jakarta.servlet.jsp.jstl.fmt.locale"),
        PAGES.client().get(FilteredPages.tokenOf(answer), Read.ONLY).data().keySet());
  }
}
