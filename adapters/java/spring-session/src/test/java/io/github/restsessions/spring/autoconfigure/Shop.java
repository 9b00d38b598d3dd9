package io.github.restsessions.spring.autoconfigure;

import jakarta.servlet.http.HttpSession;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application as Spring's users write it: it knows nothing of where its sessions are. */
@Configuration
@EnableAutoConfiguration
class Shop {
  @Bean
  SecurityFilterChain security(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(
            pages ->
                pages.requestMatchers("/cart", "/error").permitAll().anyRequest().authenticated())
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
    @GetMapping("/cart")
    Map<String, Object> cart(HttpSession session) {
      int lamps = Optional.ofNullable((Integer) session.getAttribute("lamps")).orElse(0) + 1;
      session.setAttribute("lamps", lamps);
      return Map.of("lamps", lamps);
    }

    @GetMapping("/account")
    Map<String, Object> account(HttpSession session, java.security.Principal user) {
      Object lamps = Optional.ofNullable(session.getAttribute("lamps")).orElse(0);
      return Map.of("user", user.getName(), "lamps", lamps);
    }
  }
}
