package io.github.restsessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.contract.EventPlay;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class WebhookVerifierTest {
  private static final Map<?, ?> VECTORS = (Map<?, ?>) EventPlay.ask("GET", "webhooks", null);

  @TestFactory
  Stream<DynamicTest> vectors() {
    return cases()
        .map(
            vector ->
                DynamicTest.dynamicTest(
                    (String) vector.get("name"),
                    () -> {
                      Object error = vector.get("error");
                      assertEquals(error == null ? vector.get("events") : error, given(vector));
                    }));
  }

  /** The events, or the code of the error. */
  private static Object given(Map<?, ?> vector) {
    try {
      return verifier(vector)
          .verify(body(vector), headers(vector), Instant.ofEpochSecond((Integer) vector.get("now")))
          .stream()
          .map(event -> event.told().value())
          .toList();
    } catch (InvalidWebhookException | SessionConfigurationException refused) {
      return refused.code();
    }
  }

  @Test
  void anEventSaysOfWhichSessionItIs() {
    Map<?, ?> vector = vector("batch");
    Instant now = Instant.ofEpochSecond((Integer) vector.get("now"));
    SessionEvent event = verifier(vector).verify(body(vector), headers(vector), now).get(1);
    assertEquals(Optional.of("shop"), event.app());
    assertEquals(Optional.of("AAAAAAAAAAAAAAAA"), event.session());
    assertEquals(Optional.of("Zoë/1"), event.subject());
    assertEquals(Optional.of("revoked"), event.text("reason"));
    assertEquals(Optional.empty(), event.text("ip"));
    assertEquals(2, event.count());
    assertEquals(Optional.of(Instant.parse("2026-09-21T14:13:19Z")), event.time());
    assertEquals(Optional.empty(), event.position());
  }

  @Test
  void itIsOfNowUnlessToldOtherwise() {
    Map<?, ?> vector = vector("one-event");
    InvalidWebhookException late =
        assertThrows(
            InvalidWebhookException.class,
            () -> verifier(vector).verify(body(vector), headers(vector)));
    assertEquals("wrong_timestamp", late.code());
    WebhookVerifier patient = new WebhookVerifier(secrets(vector), Duration.ofDays(40_000));
    assertEquals(1, patient.verify(body(vector), headers(vector)).size());
  }

  @Test
  void aSecretIsNotInWhatIsPrinted() {
    SessionConfigurationException wrong =
        assertThrows(
            SessionConfigurationException.class, () -> WebhookVerifier.of("secret-of-mine"));
    assertTrue(wrong.getMessage().contains("whsec_"));
    assertFalse(wrong.getMessage().contains("of-mine"));
  }

  private static Stream<Map<?, ?>> cases() {
    return ((List<?>) VECTORS.get("cases")).stream().map(each -> (Map<?, ?>) each);
  }

  private static Map<?, ?> vector(String name) {
    return cases().filter(each -> each.get("name").equals(name)).findAny().orElseThrow();
  }

  private static WebhookVerifier verifier(Map<?, ?> vector) {
    Duration tolerance = Duration.ofSeconds((Integer) VECTORS.get("tolerance"));
    return new WebhookVerifier(secrets(vector), tolerance);
  }

  private static List<String> secrets(Map<?, ?> vector) {
    return ((List<?>) vector.get("secrets")).stream().map(each -> (String) each).toList();
  }

  private static byte[] body(Map<?, ?> vector) {
    return ((String) vector.get("body")).getBytes(StandardCharsets.UTF_8);
  }

  /** As a container gives them: by names in any case. */
  private static Function<String, String> headers(Map<?, ?> vector) {
    Map<String, List<String>> named = new HashMap<>();
    ((Map<?, ?>) vector.get("headers"))
        .forEach((name, value) -> named.put((String) name, List.of((String) value)));
    HttpHeaders headers = HttpHeaders.of(named, (name, value) -> true);
    return name -> headers.firstValue(name).orElse(null);
  }
}
