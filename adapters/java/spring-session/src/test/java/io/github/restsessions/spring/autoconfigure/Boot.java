package io.github.restsessions.spring.autoconfigure;

import io.github.restsessions.contract.Servers;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** A Boot application that runs, and a browser's cookie. */
final class Boot implements AutoCloseable {
  final ConfigurableApplicationContext context;
  private final int port;

  /** The cookie; null for none. */
  String token;

  Boot(Class<?> application, Map<String, Object> properties) {
    this(new Class<?>[] {application}, properties);
  }

  Boot(Class<?>[] sources, Map<String, Object> properties) {
    Map<String, Object> all = new HashMap<>(properties);
    all.put("server.port", 0);
    all.put("server.address", "127.0.0.1");
    all.put("logging.level.root", "error");
    all.put("spring.main.banner-mode", "off");
    context = new SpringApplicationBuilder(sources).properties(all).run();
    port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  HttpResponse<String> get(String path) {
    return kept(Servers.text("GET", url(path), headers(), null));
  }

  HttpResponse<String> post(String path, Map<String, String> form) {
    String body =
        form.entrySet().stream()
            .map(
                each ->
                    each.getKey()
                        + "="
                        + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    return kept(Servers.text("POST", url(path + "?" + body), headers(), null));
  }

  /** Absence: empty where the answer sets none. */
  static Optional<String> cookieOf(HttpResponse<?> answer) {
    List<String> cookies = answer.headers().allValues("Set-Cookie");
    return cookies.stream().filter(cookie -> cookie.startsWith("session=")).findFirst();
  }

  private HttpResponse<String> kept(HttpResponse<String> answer) {
    cookieOf(answer)
        .map(cookie -> cookie.substring("session=".length(), cookie.indexOf(';')))
        .ifPresent(value -> token = value.isEmpty() ? null : value);
    return answer;
  }

  private Map<String, String> headers() {
    return token == null ? Map.of() : Map.of("Cookie", "session=" + token);
  }

  private String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }

  @Override
  public void close() {
    context.close();
  }
}
