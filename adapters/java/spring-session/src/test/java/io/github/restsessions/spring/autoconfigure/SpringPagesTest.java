package io.github.restsessions.spring.autoconfigure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.NewSession;
import io.github.restsessions.contract.Documented;
import io.github.restsessions.contract.Servers;
import io.github.restsessions.spring.RestSession;
import io.github.restsessions.spring.RestSessionRepository;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.session.web.http.SessionRepositoryFilter;

class SpringPagesTest {
  /** The tests have Spring Security, and the page's application has not. */
  @Configuration
  static class LetsEveryoneIn {
    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
      return http.authorizeHttpRequests(pages -> pages.anyRequest().permitAll()).build();
    }
  }

  @Test
  void theLinesOfTheReadmeCountVisits(@TempDir Path folder) throws Exception {
    String code = Documented.blocks("README.md", "java").get(0);
    Class<?> shop =
        Documented.compiled(
            code,
            Servers.on("embedded"),
            folder,
            "jakarta.servlet.http.HttpSession",
            "org.springframework.boot.SpringApplication",
            "org.springframework.boot.autoconfigure.SpringBootApplication",
            "org.springframework.web.bind.annotation.*");
    String text = Documented.blocks("README.md", "properties").get(0);
    Properties lines = new Properties();
    lines.load(new StringReader(text.replace("http://127.0.0.1:3000", Servers.on("embedded"))));
    Map<String, Object> properties = new HashMap<>();
    properties.put("rest-sessions.timeout", "30s");
    lines.forEach((name, value) -> properties.put((String) name, value));
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(shop.getClassLoader());
    try (Boot boot = new Boot(new Class<?>[] {shop, LetsEveryoneIn.class}, properties)) {
      assertEquals("visits: 1", boot.get("/").body());
      assertEquals("visits: 2", boot.get("/").body());
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void theLinesAboutSpringWithoutBootRun(@TempDir Path folder) throws Exception {
    String code = Documented.blocks("../../docs/platforms/java.md", "java").get(0);
    Class<?> sessions =
        Documented.compiled(
            code,
            Servers.on("embedded"),
            folder,
            "io.github.restsessions.*",
            "io.github.restsessions.spring.*",
            "org.springframework.context.annotation.*",
            "org.springframework.session.config.annotation.web.http.EnableSpringHttpSession");
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context.setClassLoader(sessions.getClassLoader());
      context.register(sessions);
      context.refresh();
      assertNotNull(context.getBean(SessionRepositoryFilter.class));
      RestSessionRepository repository = context.getBean(RestSessionRepository.class);
      // The lines wait for 2 s, and a machine that has just begun may need longer.
      Servers.client("embedded").create(new NewSession());
      RestSession session = repository.createSession();
      repository.save(session);
      assertNotNull(repository.findById(session.getId()));
    }
  }

  @Test
  void theReadmeLeadsSomewhere() throws Exception {
    Path folder = Path.of("..");
    Matcher links =
        Pattern.compile("\\]\\(((?:\\.\\./)+[A-Za-z][^)#:]*)\\)")
            .matcher(Files.readString(folder.resolve("README.md")));
    while (links.find()) assertTrue(Files.exists(folder.resolve(links.group(1))), links.group(1));
  }
}
