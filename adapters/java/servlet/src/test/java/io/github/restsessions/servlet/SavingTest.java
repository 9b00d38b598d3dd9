package io.github.restsessions.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.Read;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpSession;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.LifecycleException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** When the filter saves a session: before an answer leaves, and whatever became of the page. */
class SavingTest {
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
  void aLongAnswerIsSavedBeforeItLeaves() {
    String token = PAGES.begin(Map.of());
    Map<String, FilteredPages.Page> sent = new HashMap<>();
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
              PAGES.get(
                  "/4",
                  token,
                  (request, response) -> {
                    request.getSession().setAttribute(name, 1);
                    send.serve(request, response);
                    isThere.complete(PAGES.client().get(token, Read.ONLY).data().containsKey(name));
                  });
          assertTrue(isThere.orTimeout(30, TimeUnit.SECONDS).join(), name);
          assertTrue(answer.statusCode() < 500, name);
        });
    HttpResponse<String> begun =
        PAGES.get(
            "/4",
            null,
            (request, response) -> {
              request.getSession().setAttribute("a", 1);
              response.getOutputStream().write(new byte[100_000]);
              request.getSession().setAttribute("b", 2);
            });
    Set<String> keys = PAGES.client().get(FilteredPages.tokenOf(begun), Read.ONLY).data().keySet();
    assertEquals(Set.of("a", "b"), keys);
  }

  @Test
  void aLoginStaysWhenThePageBeginsItsAnswerAnew() {
    String token = PAGES.begin(Map.of("cart", 1));
    HttpResponse<String> answer =
        PAGES.get(
            "/9",
            token,
            (request, response) -> {
              request.changeSessionId();
              request.getSession().setAttribute(RestSessionFilter.SUBJECT, "ann");
              response.getWriter().print("x".repeat(response.getBufferSize() / 4));
              response.reset();
              response.getWriter().print("anew");
            });
    assertEquals("anew", answer.body());
    String renewed = FilteredPages.tokenOf(answer);
    assertEquals("ann", PAGES.client().get(renewed, Read.ONLY).subject().orElseThrow());
  }

  @Test
  void forwardsIncludesAndErrorPagesShareTheSession() {
    PAGES.serve("/6", (request, response) -> request.getSession().setAttribute("inner", 1));
    HttpResponse<String> answer =
        PAGES.get(
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
        Set.of("outer", "inner", "after"),
        PAGES.client().get(FilteredPages.tokenOf(answer), Read.ONLY).data().keySet());
  }

  @Test
  void whatAnotherThreadOfThePageChangesIsSaved() {
    String token = PAGES.begin(Map.of());
    HttpResponse<String> answer =
        PAGES.get(
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
    while (PAGES.client().get(token, Read.ONLY).data().isEmpty() && System.nanoTime() < until)
      Thread.onSpinWait();
    assertEquals(Set.of("later"), PAGES.client().get(token, Read.ONLY).data().keySet());
  }

  @Test
  void whatAPageKeptBeforeItFailedIsKept() {
    String token = PAGES.begin(Map.of());
    HttpResponse<String> answer =
        PAGES.get(
            "/8",
            token,
            (request, response) -> {
              request.getSession().setAttribute("tries", 1);
              throw new ServletException("a fault of the page");
            });
    assertEquals(500, answer.statusCode());
    assertEquals("1", PAGES.client().get(token, Read.ONLY).data().get("tries").text());
  }
}
