package io.github.restsessions.store;

import io.github.restsessions.SessionClient;
import io.github.restsessions.SessionException;
import io.github.restsessions.contract.Contract;
import io.github.restsessions.contract.Deeds;
import io.github.restsessions.contract.Site;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The rules of all session layers, on the store that those of Java have in common. */
class StoreContractTest {
  @TestFactory
  Stream<DynamicTest> contract() {
    return Contract.tests(PlainSite::new);
  }

  /** The smallest session layer. */
  private record PlainSite(SessionStore store) implements Site {
    PlainSite(SessionClient client) {
      this(new SessionStore(client, new StoreSettings("plain")));
    }

    @Override
    public Answer visit(String cookie, Consumer<Deeds> page) {
      List<String> cookies = new ArrayList<>();
      try {
        PlainDeeds deeds = new PlainDeeds(store, store.find(cookie));
        page.accept(deeds);
        deeds.session.ifPresent(
            session -> {
              store.save(session);
              cookies.add(session.token());
            });
        if (deeds.isOver) cookies.add("");
        return new Answer("well", cookies);
      } catch (SessionEndedException told) {
        return new Answer("told", List.of());
      } catch (SessionException error) {
        return new Answer("error", List.of());
      }
    }
  }

  private static final class PlainDeeds implements Deeds {
    private final SessionStore store;
    private Optional<StoredSession> session;
    private boolean isOver;

    PlainDeeds(SessionStore store, Optional<StoredSession> session) {
      this.store = store;
      this.session = session;
    }

    private StoredSession session() {
      if (session.isEmpty()) session = Optional.of(store.begin());
      return session.orElseThrow();
    }

    @Override
    public Object see(String key) {
      return session.map(found -> found.get(key)).orElse(null);
    }

    @Override
    public void set(String key, Object value) {
      session().set(key, value);
    }

    @Override
    public void unset(String key) {
      session().set(key, null);
    }

    @Override
    public void login(String subject) {
      session().changeToken();
      session().setSubject(Optional.of(subject));
    }

    @Override
    public void logout() {
      session.ifPresent(found -> store.end(found.token()));
      session = Optional.empty();
      isOver = true;
    }
  }
}
