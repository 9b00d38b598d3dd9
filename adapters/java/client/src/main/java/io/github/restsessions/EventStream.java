package io.github.restsessions;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The events of an app as they happen, over a connection of its own that is made anew whenever it
 * breaks:
 *
 * <pre>{@code
 * try (EventStream events = client.events(new EventQuery().types("session.ended"))) {
 *   for (StreamItem item : events)
 *     if (item instanceof SessionEvent event) log.info("{} has ended", event.session());
 * }
 * }</pre>
 *
 * <p>No event is missed between two connections: each begins where the last one ended. Of those
 * that cannot be told any more a {@link Resync} tells. One thread reads; any may close it.
 *
 * <p>The loop ends when it is closed. It throws only what another attempt would not help with:
 * SessionConfigurationException, a SessionException that is a refusal such as {@code
 * invalid_cursor}, and one with the code {@code interrupted}.
 */
public final class EventStream implements Iterable<StreamItem>, AutoCloseable {
  /** Before a new connection. A part of it is chance, so that not all readers come back at once. */
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final Transport transport;
  private final EventQuery query;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Items items = new Items();
  private volatile String position;
  private volatile EventConnection connection;

  EventStream(Transport transport, EventQuery query) {
    this.transport = transport;
    this.query = query;
    this.position = query.after();
  }

  /** Always the same one: there is one stream, and who goes through it again goes on. */
  @Override
  public Iterator<StreamItem> iterator() {
    return items;
  }

  /** The same, as a stream. */
  public Stream<StreamItem> stream() {
    int how = Spliterator.ORDERED | Spliterator.NONNULL;
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(items, how), false)
        .onClose(this::close);
  }

  /**
   * Behind the last item that the loop was done with: it has asked for the next one. Empty at the
   * beginning of a stream that begins now.
   */
  public Optional<String> position() {
    return Optional.ofNullable(position);
  }

  /** Ends it, from any thread, also while another one waits for an event. */
  @Override
  public void close() {
    closed.countDown();
    EventConnection open = connection;
    if (open != null) open.close();
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private final class Items implements Iterator<StreamItem> {
    private EventFrames frames;
    private StreamItem next;
    private boolean isWithLoop;
    private int failures;
    private Duration firstPause = FIRST_PAUSE;

    @Override
    public boolean hasNext() {
      if (isWithLoop) position = frames.position();
      isWithLoop = false;
      try {
        while (next == null && !isClosed()) next = attempt();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new SessionException(
            Failure.of("interrupted", "the thread was interrupted while it waited")
                .because(interrupted));
      }
      return next != null && !isClosed();
    }

    @Override
    public StreamItem next() {
      if (!hasNext()) throw new NoSuchElementException("the stream was closed");
      StreamItem item = next;
      next = null;
      isWithLoop = true;
      return item;
    }

    /** Gives an item. Absence: null when one has to look again. */
    private StreamItem attempt() throws InterruptedException {
      try {
        EventFrames.Frame frame = connected().next();
        failures = 0;
        if (frames.pause() != null) firstPause = shorter(frames.pause(), LONGEST_PAUSE);
        StreamItem item = itemOf(frame);
        if (item instanceof Resync) frames.position(item.position().orElseThrow());
        if (item == null) position = frames.position();
        return item;
      } catch (SessionException failure) {
        disconnect();
        if (isClosed()) return null;
        if (!failure.isRetryable()) throw failure;
        pause(failure);
        return null;
      }
    }

    private EventConnection connected() {
      if (connection == null) {
        frames = new EventFrames(position);
        Call call = Call.get(query.streamPath()).with("Accept", "text/event-stream");
        if (position != null) call = call.with("Last-Event-ID", position);
        connection =
            new EventConnection(
                transport, call.with("Cache-Control", "no-store"), frames, query.silence());
        // Who closed it meanwhile did not see this one.
        if (isClosed()) connection.close();
      }
      return connection;
    }

    private void disconnect() {
      connection.close();
      connection = null;
    }

    /** Absence: null for a position alone, and for what a later server may tell beside events. */
    private StreamItem itemOf(EventFrames.Frame frame) {
      if (frame.data() == null) return null;
      try {
        return switch (frame.name()) {
          case "", "message" ->
              SessionEvent.read(frame.data(), Optional.ofNullable(frames.position()));
          case "resync" -> Resync.read(frame.data());
          default -> null;
        };
      } catch (IllegalArgumentException | DateTimeException fault) {
        // Once more it would be told the same.
        throw transport.answers().noEvent(fault);
      }
    }

    private void pause(SessionException failure) throws InterruptedException {
      Duration most = shorter(firstPause.multipliedBy(1L << Math.min(failures, 10)), LONGEST_PAUSE);
      failures++;
      long millis = most.toMillis() * ThreadLocalRandom.current().nextLong(500, 1001) / 1000;
      long asked = failure.retryAfter().map(Duration::toMillis).orElse(0L);
      Duration pause = Duration.ofMillis(Math.max(millis, asked));
      query.onRetry().accept(failure, pause);
      closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Duration shorter(Duration a, Duration b) {
      return a.compareTo(b) < 0 ? a : b;
    }
  }
}
