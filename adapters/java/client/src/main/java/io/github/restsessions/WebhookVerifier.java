package io.github.restsessions;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Verifies the webhooks of the server, which are signed by the specification Standard Webhooks. It
 * is safe for concurrent use.
 *
 * <pre>{@code
 * List<SessionEvent> events =
 *     verifier.verify(request.getInputStream().readAllBytes(), request::getHeader);
 * }</pre>
 *
 * <p>A webhook may come more than once, also after others of its session: {@link SessionEvent#id}
 * and {@link SessionEvent#count} tell.
 */
public final class WebhookVerifier {
  private static final String PREFIX = "whsec_";
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,15}");

  private final List<SecretKeySpec> keys;
  private final Duration tolerance;

  /**
   * Throws SessionConfigurationException with the code {@code invalid_secret}.
   *
   * @param secrets {@code whsec_…}: one, or several while they are changed
   * @param tolerance how far the clocks may be apart, and how late a webhook may come
   */
  public WebhookVerifier(List<String> secrets, Duration tolerance) {
    this.keys = secrets.stream().map(WebhookVerifier::key).toList();
    if (keys.isEmpty()) throw wrong("a webhook needs a secret to be verified");
    this.tolerance = tolerance;
  }

  /** The same, with a tolerance of 5 minutes. */
  public static WebhookVerifier of(String... secrets) {
    return new WebhookVerifier(List.of(secrets), Duration.ofMinutes(5));
  }

  /** The same as of now. */
  public List<SessionEvent> verify(byte[] body, Function<String, String> header) {
    return verify(body, header, Instant.now());
  }

  /**
   * Gives the events of a webhook: one, or those of a batch in their order. Throws
   * InvalidWebhookException.
   *
   * @param body the bytes of the request as they came
   * @param header gives a header by its name in small letters; null where there is none
   */
  public List<SessionEvent> verify(byte[] body, Function<String, String> header, Instant now) {
    String id = signed(header, "webhook-id");
    String timestamp = signed(header, "webhook-timestamp");
    String signatures = signed(header, "webhook-signature");
    if (!SECONDS.matcher(timestamp).matches()) throw withoutHeaders();
    if (Math.abs(Long.parseLong(timestamp) - now.getEpochSecond()) > tolerance.toSeconds())
      throw new InvalidWebhookException("wrong_timestamp", "the webhook is of another time");
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.writeBytes((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
    message.writeBytes(body);
    if (!isSigned(message.toByteArray(), signatures))
      throw new InvalidWebhookException(
          "wrong_signature", "no secret that is known here has signed this webhook");
    return events(new String(body, StandardCharsets.UTF_8).strip());
  }

  private static SecretKeySpec key(String secret) {
    String encoded = secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : "";
    // Java does without the padding.
    if (encoded.isEmpty() || encoded.length() % 4 != 0) throw wrongSecret();
    try {
      return new SecretKeySpec(Base64.getDecoder().decode(encoded), "HmacSHA256");
    } catch (IllegalArgumentException fault) {
      throw wrongSecret();
    }
  }

  private static SessionException wrongSecret() {
    return wrong("a secret of webhooks is whsec_ and base64");
  }

  private static SessionException wrong(String message) {
    return new SessionConfigurationException(Failure.of("invalid_secret", message));
  }

  private static String signed(Function<String, String> header, String name) {
    String value = header.apply(name);
    if (value == null || value.isEmpty()) throw withoutHeaders();
    return value;
  }

  private static InvalidWebhookException withoutHeaders() {
    return new InvalidWebhookException(
        "invalid_headers", "the request has not the headers of a webhook");
  }

  private boolean isSigned(byte[] message, String signatures) {
    boolean isSigned = false;
    for (SecretKeySpec key : keys) {
      String ours = "v1," + Base64.getEncoder().encodeToString(hmac(key, message));
      byte[] wanted = ours.getBytes(StandardCharsets.UTF_8);
      for (String theirs : signatures.split(" "))
        isSigned |= MessageDigest.isEqual(wanted, theirs.getBytes(StandardCharsets.UTF_8));
    }
    return isSigned;
  }

  private static byte[] hmac(SecretKeySpec key, byte[] message) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return mac.doFinal(message);
    } catch (GeneralSecurityException absent) {
      // Every Java has it.
      throw new IllegalStateException(absent);
    }
  }

  private static List<SessionEvent> events(String json) {
    try {
      List<JsonText> told =
          json.startsWith("[") ? new JsonReader(json).items() : List.of(new JsonText(json));
      return told.stream().map(each -> SessionEvent.read(each.text(), Optional.empty())).toList();
    } catch (IllegalArgumentException | DateTimeException fault) {
      throw new InvalidWebhookException(
          "invalid_body", "the webhook has neither an event nor a list of events");
    }
  }
}
