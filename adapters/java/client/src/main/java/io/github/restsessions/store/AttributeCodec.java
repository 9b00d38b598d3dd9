package io.github.restsessions.store;

import io.github.restsessions.JsonText;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What an attribute is on the server, and back.
 *
 * <p>The private key of an attribute has one of <code>{"type": note}</code>, for a value that is
 * under the shared key; <code>{"json": value, "type": note}</code>, for a name that is the
 * framework's own; <code>{"java": base64}</code>, for an object that JSON has no form for.
 *
 * <p>Java makes objects of whatever is serialized there, so whoever can write a private key can run
 * code in the application. Applications of any adapter cannot: theirs are names below it. A filter
 * narrows what is read.
 */
final class AttributeCodec {
  private final Predicate<String> isPrivate;
  private final ObjectInputFilter filter;

  /**
   * @param isPrivate tells names whose values no other stack is to see
   * @param filter says which classes may be read; null for that of the JVM
   */
  AttributeCodec(Predicate<String> isPrivate, ObjectInputFilter filter) {
    this.isPrivate = isPrivate.or(name -> name.startsWith("_"));
    this.filter = filter;
  }

  /** Throws AttributeException for what can be neither JSON nor serialized. */
  Texts encode(String name, Object value) {
    if (value == null) return Texts.NONE;
    Object note = JsonForms.noteOf(value);
    if (note == null) return new Texts(null, written(Map.of("java", serialized(name, value))));
    Map<String, Object> own = new LinkedHashMap<>();
    if (!note.equals("")) own.put("type", note);
    String json = written(JsonForms.plain(value));
    if (!isPrivate.test(name)) return new Texts(json, own.isEmpty() ? null : written(own));
    own.put("json", new JsonText(json));
    return new Texts(null, written(own));
  }

  /** Gives a new object each time. Absence: null. Throws AttributeException. */
  Object decode(String name, Texts texts) {
    Map<?, ?> own = membersOf(texts.own());
    Object note = own.get("type") == null ? "" : own.get("type");
    // What another stack wrote since is newer than what Java kept of the same name.
    if (texts.shared() != null && !isPrivate.test(name))
      return JsonForms.restored(note, new JsonText(texts.shared()).value());
    if (own.containsKey("json")) return JsonForms.restored(note, own.get("json"));
    return own.get("java") instanceof String base64 ? deserialized(name, base64) : null;
  }

  /** Tells whether there is a value. */
  boolean isThere(String name, Texts texts) {
    if (texts.shared() != null && !isPrivate.test(name)) return !texts.shared().equals("null");
    Map<?, ?> own = membersOf(texts.own());
    return own.get("json") != null || own.get("java") instanceof String;
  }

  private static Map<?, ?> membersOf(String own) {
    Object value = own == null ? null : new JsonText(own).value();
    return value instanceof Map<?, ?> members ? members : Map.of();
  }

  private static String written(Object value) {
    return JsonText.of(value).text();
  }

  private static String serialized(String name, Object value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    } catch (IOException | RuntimeException fault) {
      String what = name + " cannot be kept: " + value.getClass().getName();
      throw new AttributeException(what + " is neither JSON nor can it be serialized", fault);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private Object deserialized(String name, String base64) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException fault) {
      throw new AttributeException(name + " cannot be read: it is no base64", fault);
    }
    try (ObjectInputStream in = new ClassLoaderInput(bytes)) {
      if (filter != null) in.setObjectInputFilter(filter);
      return in.readObject();
    } catch (IOException | ClassNotFoundException | RuntimeException | LinkageError fault) {
      String why = fault.getClass().getSimpleName() + ": " + fault.getMessage();
      throw new AttributeException(name + " cannot be read: " + why, fault);
    }
  }

  /** Classes of an application are its own class loader's, not the one that has this library. */
  private static final class ClassLoaderInput extends ObjectInputStream {
    ClassLoaderInput(byte[] bytes) throws IOException {
      super(new ByteArrayInputStream(bytes));
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description)
        throws IOException, ClassNotFoundException {
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      if (loader != null) {
        try {
          return Class.forName(description.getName(), false, loader);
        } catch (ClassNotFoundException notThere) {
          return super.resolveClass(description);
        }
      }
      return super.resolveClass(description);
    }
  }
}
