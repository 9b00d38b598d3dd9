package shop;

import static org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME;

import io.github.restsessions.SessionClient;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.HtmlUtils;

/** The page on HttpSession, with Spring Session. */
@SpringBootApplication
@RestController
public class Page {
  private static final Pattern PART = Pattern.compile("\\{(\\w+)}");
  private final SessionClient client;

  public static void main(String[] args) {
    SpringApplication.run(Page.class, args);
  }

  Page(SessionClient client) {
    this.client = client;
  }

  @GetMapping("/")
  ResponseEntity<String> home(HttpServletRequest request) throws IOException {
    HttpSession session = request.getSession(false);
    String user = userOf(session);
    if (user == null) return show("login", Map.of("page", "Spring"));
    StringBuilder cart = new StringBuilder();
    for (String key : Collections.list(session.getAttributeNames())) {
      if (!key.startsWith("item:")) continue;
      String item = HtmlUtils.htmlEscape(key.substring("item:".length()));
      cart.append("<li data-page=\"%s\">%s</li>".formatted(session.getAttribute(key), item));
    }
    String name = HtmlUtils.htmlEscape(user);
    return show("home", Map.of("page", "Spring", "user", name, "cart", cart.toString()));
  }

  @PostMapping("/login")
  ResponseEntity<String> logIn(HttpServletRequest request, @RequestParam String user) {
    HttpSession session = request.getSession();
    request.changeSessionId();
    session.setAttribute("user", user); // the place to check a password
    // Spring Security sets this by itself.
    session.setAttribute(PRINCIPAL_NAME_INDEX_NAME, user);
    return back();
  }

  @PostMapping("/add")
  ResponseEntity<String> add(HttpServletRequest request, @RequestParam String item) {
    HttpSession session = request.getSession(false);
    if (userOf(session) != null) session.setAttribute("item:" + item, "Spring");
    return back();
  }

  @PostMapping("/logout-everywhere")
  ResponseEntity<String> logOutEverywhere(HttpServletRequest request) {
    HttpSession session = request.getSession(false);
    String user = userOf(session);
    if (user != null) {
      client.revokeSubject(user, Optional.empty());
      session.invalidate();
    }
    return back();
  }

  private static String userOf(HttpSession session) {
    return session == null ? null : (String) session.getAttribute("user");
  }

  private static ResponseEntity<String> show(String template, Map<String, String> parts)
      throws IOException {
    String text = Files.readString(Path.of("..", template + ".html"));
    String filled =
        PART.matcher(text).replaceAll(part -> Matcher.quoteReplacement(parts.get(part.group(1))));
    MediaType html = MediaType.parseMediaType("text/html;charset=UTF-8");
    return ResponseEntity.ok().cacheControl(CacheControl.noStore()).contentType(html).body(filled);
  }

  private static ResponseEntity<String> back() {
    return ResponseEntity.status(HttpStatus.SEE_OTHER).header("Location", "./").build();
  }
}
