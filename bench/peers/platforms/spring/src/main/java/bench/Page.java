package bench;

import jakarta.servlet.http.HttpSession;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class Page {
  public static void main(String[] args) {
    SpringApplication.run(Page.class, args);
  }

  @PostMapping("/login")
  void logIn(HttpSession session, @RequestBody Map<String, Object> values) {
    values.forEach(session::setAttribute);
  }

  @GetMapping("/view")
  Map<String, Object> view(HttpSession session) {
    return Map.of("name", session.getAttribute("name"));
  }
}
