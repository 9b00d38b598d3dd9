package io.github.restsessions.servlet;

import io.github.restsessions.Options;
import io.github.restsessions.SessionClient;
import io.github.restsessions.store.SessionStore;
import io.github.restsessions.store.StoreSettings;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Gives an application its HttpSession from a REST-Sessions server. It goes before all other
 * filters, for all paths.
 *
 * <p>Attributes that JSON has are keys that every stack reads and writes, and only those that
 * changed are written, also when they changed inside. The attribute {@link #SUBJECT} says whose
 * session it is.
 *
 * <p>Whatever the session server fails with is a {@link io.github.restsessions.SessionException} of
 * the page, and the cookie stays. A session that was ended while a page ran is not brought back:
 * the page ends with a {@link io.github.restsessions.store.SessionEndedException}.
 */
public final class RestSessionFilter extends HttpFilter {
  /** The attribute that says whose session it is, for all stacks: to set it is a login. */
  public static final String SUBJECT = "io.github.restsessions.subject";

  private static final long serialVersionUID = 1L;

  private transient SessionStore store;

  /**
   * Takes its settings from its initial parameters: {@code url} and {@code app}, and where they are
   * wanted {@code key}, {@code timeout}, {@code touchInterval}, {@code idleTimeout} (in seconds)
   * and {@code serialFilter} (in the form of jdk.serialFilter).
   */
  public RestSessionFilter() {}

  /** Has a client that the application has made. */
  public RestSessionFilter(SessionClient client) {
    this(client, settings());
  }

  /** Has a client that the application has made, and settings that begin with {@link #settings}. */
  public RestSessionFilter(SessionClient client, StoreSettings settings) {
    this.store = new SessionStore(client, settings);
  }

  /** What the filter keeps sessions with, to be changed. */
  public static StoreSettings settings() {
    return new StoreSettings("servlet")
        .privateNames(
            name ->
                name.startsWith("jakarta.")
                    || name.startsWith("javax.")
                    || name.startsWith("org.apache."));
  }

  @Override
  public void init() {
    if (store != null) return;
    Options options = Options.of(parameter("url").orElse(null), parameter("app").orElse(null));
    parameter("key").ifPresent(options::key);
    seconds("timeout", options::timeout);
    StoreSettings settings = settings();
    seconds("touchInterval", settings::touchInterval);
    seconds("idleTimeout", timeout -> settings.idleTimeout(Optional.of(timeout)));
    parameter("serialFilter")
        .map(ObjectInputFilter.Config::createFilter)
        .ifPresent(settings::filter);
    store = new SessionStore(new SessionClient(options), settings);
  }

  private Optional<String> parameter(String name) {
    return Optional.ofNullable(getInitParameter(name)).filter(text -> !text.isBlank());
  }

  private void seconds(String name, Consumer<Duration> setting) {
    parameter(name)
        .ifPresent(
            text -> {
              try {
                setting.accept(Duration.ofMillis((long) (Double.parseDouble(text) * 1000)));
              } catch (NumberFormatException fault) {
                throw new IllegalArgumentException(
                    "the filter's " + name + " must be seconds, and is " + text, fault);
              }
            });
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    boolean isNested = request.getAttribute(PageSession.class.getName()) != null;
    PageSession session = PageSession.of(store, request, response);
    SessionRequest wrapped = new SessionRequest(request, session);
    Throwable failure = null;
    try {
      chain.doFilter(wrapped, new SessionResponse(response, session));
    } catch (IOException | ServletException | RuntimeException | Error fault) {
      failure = fault;
      throw fault;
    } finally {
      // An include may be followed by other changes of the page that it is in.
      if (!isNested || !request.getDispatcherType().name().equals("INCLUDE"))
        save(session, failure);
      if (request.isAsyncStarted()) saveWhenDone(request, session);
    }
  }

  /** What the page failed with is what is told. */
  private static void save(PageSession session, Throwable failure) {
    try {
      session.save();
    } catch (RuntimeException fault) {
      if (failure == null) throw fault;
      failure.addSuppressed(fault);
    }
  }

  /** What another thread has changed after its answer was sent can only be saved, or logged. */
  private static void saveWhenDone(ServletRequest request, PageSession session) {
    request
        .getAsyncContext()
        .addListener(
            new AsyncListener() {
              @Override
              public void onComplete(AsyncEvent event) {
                try {
                  session.save();
                } catch (RuntimeException fault) {
                  request.getServletContext().log("a session could not be saved", fault);
                }
              }

              @Override
              public void onTimeout(AsyncEvent event) {}

              @Override
              public void onError(AsyncEvent event) {}

              @Override
              public void onStartAsync(AsyncEvent event) {
                event.getAsyncContext().addListener(this);
              }
            });
  }
}
