package io.github.restsessions.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.restsessions.JsonText;
import io.github.restsessions.SessionClient;
import io.github.restsessions.contract.Site.Answer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** Plays the vectors of adapters/contract. */
public final class Contract {
  private Contract() {}

  /**
   * Gives a test for each vector.
   *
   * @param site makes an application whose sessions a client has
   */
  public static Stream<DynamicTest> tests(Function<SessionClient, Site> site) {
    List<?> vectors = (List<?>) ask("GET", "/contract/vectors", null);
    assertTrue(vectors.size() >= 30, "there are only " + vectors.size() + " vectors");
    return vectors.stream()
        .map(Contract::map)
        .map(
            vector ->
                DynamicTest.dynamicTest(
                    "rule " + vector.get("rule") + ": " + vector.get("name"),
                    () -> play((String) vector.get("name"), site)));
  }

  private static void play(String name, Function<SessionClient, Site> site) {
    Map<?, ?> play = map(ask("POST", "/contract/plays", Map.of("vector", name)));
    String app = (String) play.get("app");
    // A server that never comes to an end is waited for as long as applications do.
    boolean isSilent = name.equals("read-without-an-answer") || name.equals("read-that-drips");
    Site under =
        site.apply(
            isSilent
                ? SessionClient.of(Servers.contract(), app)
                : Servers.client(Servers.contract(), app));
    String jar = null;
    for (Object each : (List<?>) play.get("pages")) jar = visit(under, map(each), jar);
    Map<?, ?> report = map(ask("GET", "/contract/plays/" + app, null));
    assertEquals(List.of(), report.get("faults"), (String) play.get("title"));
  }

  /** Gives what the browser's cookie has afterwards. */
  private static String visit(Site site, Map<?, ?> page, String jar) {
    String cookie = page.containsKey("cookie") ? (String) page.get("cookie") : jar;
    List<AssertionError> faults = new ArrayList<>();
    Answer answer =
        site.visit(
            cookie,
            deeds -> {
              for (Object deed : (List<?>) page.get("does")) {
                try {
                  act(deeds, (List<?>) deed);
                } catch (AssertionError fault) {
                  faults.add(fault);
                }
              }
            });
    for (AssertionError fault : faults) throw fault;
    String ends = (String) page.get("ends");
    assertTrue(
        List.of(ends.split(" or ")).contains(answer.ends()),
        "the page ended " + answer.ends() + ", and must end " + ends);
    String became = "none";
    String now = cookie;
    for (String token : answer.cookies()) {
      if (!token.isEmpty() && !token.equals(cookie)) became = "new";
      else if (token.isEmpty()) became = "cleared";
      now = token.isEmpty() ? null : token;
    }
    String wanted = (String) page.get("setCookie");
    assertTrue(
        wanted.equals("any") || List.of(wanted.split(" or ")).contains(became),
        "the cookie is " + became + ", and must be " + wanted);
    return now;
  }

  private static void act(Deeds deeds, List<?> deed) {
    String key = deed.size() > 1 ? (String) deed.get(1) : null;
    switch ((String) deed.get(0)) {
      case "see" -> assertEquals(deed.get(2), deeds.see(key), key);
      case "set" -> deeds.set(key, deed.get(2));
      case "set-inside" -> {
        Map<String, Object> inside = new LinkedHashMap<>();
        map(deeds.see(key)).forEach((name, value) -> inside.put((String) name, value));
        inside.put((String) deed.get(2), deed.get(3));
        deeds.set(key, inside);
      }
      case "unset" -> deeds.unset(key);
      case "login" -> deeds.login(key);
      case "logout" -> deeds.logout();
      default -> throw new IllegalArgumentException(deed.get(0) + " is no deed");
    }
  }

  private static Map<?, ?> map(Object value) {
    return (Map<?, ?>) value;
  }

  private static Object ask(String method, String path, Object body) {
    String json = body == null ? null : JsonText.of(body).text();
    return Servers.ask(method, Servers.contract() + path, Map.of(), json);
  }
}
