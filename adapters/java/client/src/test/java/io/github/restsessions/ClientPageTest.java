package io.github.restsessions;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.restsessions.contract.Documented;
import io.github.restsessions.contract.Servers;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientPageTest {
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
}
