package io.github.restsessions.spring;

import io.github.restsessions.store.StoredSession;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Gives ids to sessions that were found by their user. The server has no tokens, only hashes, so
 * the id of such a session is its token where this process has seen it lately, else a stand-in.
 *
 * <p>A stand-in is the public id and a seal of this process. Without the seal, whoever reads a
 * public id, which logs and pages may show, could put it into a cookie.
 */
final class KnownTokens {
  private static final int MOST = 10_000;
  private static final String BEGINNING = "id:";

  private final SecretKeySpec key;
  private final Map<String, String> tokens = new LinkedHashMap<>();

  KnownTokens() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    key = new SecretKeySpec(secret, "HmacSHA256");
  }

  synchronized void note(StoredSession session) {
    String id = session.id().orElseThrow();
    tokens.remove(id);
    if (tokens.size() >= MOST) tokens.remove(tokens.keySet().iterator().next());
    tokens.put(id, session.token());
  }

  synchronized void forget(String token) {
    tokens.values().remove(token);
  }

  synchronized String idFor(String publicId) {
    String token = tokens.get(publicId);
    return token != null ? token : BEGINNING + publicId + ":" + sealOf(publicId);
  }

  /** Gives the public id of a stand-in. Absence: empty for what is none of this process. */
  Optional<String> publicIdOf(String id) {
    if (id == null || !id.startsWith(BEGINNING)) return Optional.empty();
    int end = id.lastIndexOf(':');
    if (end <= BEGINNING.length()) return Optional.empty();
    String publicId = id.substring(BEGINNING.length(), end);
    byte[] seal = id.substring(end + 1).getBytes(StandardCharsets.UTF_8);
    boolean isOurs = MessageDigest.isEqual(seal, sealOf(publicId).getBytes(StandardCharsets.UTF_8));
    return isOurs ? Optional.of(publicId) : Optional.empty();
  }

  private String sealOf(String publicId) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      byte[] seal = mac.doFinal(publicId.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(seal, 18));
    } catch (NoSuchAlgorithmException | InvalidKeyException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }
}
