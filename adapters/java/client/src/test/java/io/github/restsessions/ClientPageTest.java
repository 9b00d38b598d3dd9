package io.github.restsessions;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.restsessions.contract.Documented;
import io.github.restsessions.contract.Servers;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

public class ClientPageTest {
  @Test
  void theLinesAboutTheClientRun(@TempDir Path folder) throws Exception {
    List<String> blocks = Documented.blocks("../../docs/platforms/java.md", "java");
    String lines = blocks.get(blocks.size() - 1);
    String code =
        "public class Lines {\n  public static Object run() {\n"
            + lines
            + "    return cart;\n  }\n}\n";
    Class<?> compiled =
        Documented.compiled(
            code, Servers.on("embedded"), folder, "io.github.restsessions.*", "java.util.*");
    // The lines wait for 2 s, and a machine that has just begun may need longer.
    Servers.client("embedded").create(new NewSession());
    assertEquals("{lamp=1}", compiled.getMethod("run").invoke(null).toString());
  }

  /** What the lines about events call. */
  public static final class Sockets {
    private String disconnected;

    /** The loop of the page has no end, so it gets one here. */
    public void disconnect(String session, String reason) {
      disconnected = session + " " + reason;
      throw new IllegalStateException("the end");
    }

    public void disconnectAll() {
      throw new AssertionError("nothing was lost");
    }
  }

  /** What the lines about webhooks call. */
  public interface Mail {
    void newDevice(Optional<String> subject, Optional<String> userAgent);
  }

  @Test
  void theLinesAboutEventsRun(@TempDir Path folder) throws Exception {
    List<String> blocks = Documented.blocks("../../docs/platforms/java.md", "java");
    String code =
        "public class Lines {\n"
            + "  public static void hear(SessionClient client, ClientPageTest.Sockets sockets, String kept) {\n"
            + blocks.get(2)
            + "  }\n"
            + "  static void receive(HttpServletRequest request, HttpServletResponse response,"
            + " String secret, ClientPageTest.Mail mail) throws java.io.IOException {\n"
            + blocks.get(3)
            + "  }\n}\n";
    String url = Servers.on("embedded");
    Class<?> compiled =
        Documented.compiled(
            code, url, folder, "io.github.restsessions.*", "jakarta.servlet.http.*");
    SessionClient client = Servers.client(url, "heard");
    String kept = client.eventPage(new EventQuery().after("end")).next();
    TokenAndSession made = client.create(new NewSession());
    client.revoke(made.token());
    Sockets sockets = new Sockets();
    Method hear = compiled.getMethod("hear", SessionClient.class, Sockets.class, String.class);
    assertThrows(InvocationTargetException.class, () -> hear.invoke(null, client, sockets, kept));
    assertEquals(made.session().id() + " logout", sockets.disconnected);
  }
}
