package io.github.restsessions.moving;

import jakarta.servlet.http.HttpSession;
import java.security.Principal;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application that knows nothing of where its sessions are. */
@Configuration
@EnableAutoConfiguration
class Shop {
  @Bean
  SecurityFilterChain security(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(
            pages ->
                pages.requestMatchers("/fill", "/error").permitAll().anyRequest().authenticated())
        .csrf(csrf -> csrf.disable())
        .formLogin(form -> form.defaultSuccessUrl("/account", true))
        .build();
  }

  @Bean
  InMemoryUserDetailsManager users() {
    return new InMemoryUserDetailsManager(
        User.withUsername("ann").password("{noop}secret").roles("USER").build());
  }

  @RestController
  static class Pages {
    @GetMapping("/fill")
    String fill(HttpSession session) {
      Values.all().forEach(session::setAttribute);
      session.setMaxInactiveInterval(3600);
      return "";
    }

    @GetMapping("/account")
    Map<String, String> account(HttpSession session, Principal user) {
      Map<String, String> seen = new TreeMap<>();
      for (String name : Values.all().keySet())
        seen.put(name, Values.shown(session.getAttribute(name)));
      seen.put("user", Optional.ofNullable(user).map(Principal::getName).orElse(""));
      return seen;
    }
  }
}
