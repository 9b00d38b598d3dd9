package io.github.restsessions.contract;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** What the pages show, to be run as it stands. */
public final class Documented {
  private Documented() {}

  /**
   * Gives the blocks of code of a page, in order.
   *
   * @param page its path from the folder of the adapter
   */
  public static List<String> blocks(String page, String language) {
    String text;
    try {
      text = Files.readString(Path.of("..").resolve(page));
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
    Matcher found =
        Pattern.compile("^```" + language + "\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(text);
    List<String> blocks = new ArrayList<>();
    while (found.find()) blocks.add(found.group(1));
    return blocks;
  }

  /**
   * Compiles a public class of a page, for the server that a test has.
   *
   * @param packages what the lines import
   */
  public static Class<?> compiled(String code, String url, Path folder, String... packages)
      throws IOException, ClassNotFoundException {
    Matcher name = Pattern.compile("public class (\\w+)").matcher(code);
    assertTrue(name.find(), code);
    // Spring would look for beans in all packages, if it were in none.
    StringBuilder source = new StringBuilder("package documented;\n");
    for (String each : packages) source.append("import ").append(each).append(";\n");
    source.append(code.replace("http://127.0.0.1:3000", url));
    Path file = folder.resolve(name.group(1) + ".java");
    Files.writeString(file, source);
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    StringWriter said = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of("-proc:none", "-parameters", "-classpath", path, "-d", folder.toString());
      boolean isDone =
          compiler.getTask(said, files, null, options, null, files.getJavaFileObjects(file)).call();
      assertTrue(isDone, said + "\n" + source);
    }
    ClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, Documented.class.getClassLoader());
    return loader.loadClass("documented." + name.group(1));
  }
}
