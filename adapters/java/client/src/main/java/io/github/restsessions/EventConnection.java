package io.github.restsessions;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** One connection of an event stream. It is read no faster than its events are taken. */
final class EventConnection {
  /** An answer that is no stream is an error, and short. Units: bytes. */
  private static final int LONGEST_REFUSAL = 1 << 16;

  private static final Call CALL = Call.get("/events");

  private final Transport transport;
  private final EventFrames frames;
  private final Duration silence;
  private final BlockingQueue<Signal> signals = new LinkedBlockingQueue<>();
  private final Queue<ByteBuffer> unread = new ArrayDeque<>();
  private final ByteArrayOutputStream refusal = new ByteArrayOutputStream();
  private final CompletableFuture<?> sent;
  private volatile Flow.Subscription subscription;
  private volatile boolean isClosed;
  private volatile int status;
  private volatile HttpHeaders headers;

  /**
   * What came from the connection.
   *
   * @param bytes null for the end
   * @param failure why it ended; null for its regular end
   */
  private record Signal(List<ByteBuffer> bytes, Throwable failure) {}

  EventConnection(Transport transport, Call call, EventFrames frames, Duration silence) {
    this.transport = transport;
    this.frames = frames;
    this.silence = silence;
    this.sent = transport.open(call, new Body());
    sent.whenComplete(
        (answer, failure) -> {
          if (failure != null) signals.add(new Signal(null, failure));
        });
  }

  /** Gives the next frame. Throws a SessionException that says why there is none any more. */
  EventFrames.Frame next() throws InterruptedException {
    while (true) {
      EventFrames.Frame frame = readFrame();
      if (frame != null) return frame;
      ByteBuffer bytes = unread.poll();
      if (bytes != null) take(bytes);
      else await();
    }
  }

  /** Ends it, also while another thread waits in next(), which then throws. */
  void close() {
    isClosed = true;
    sent.cancel(true);
    Flow.Subscription open = subscription;
    if (open != null) open.cancel();
    signals.add(new Signal(null, null));
  }

  private EventFrames.Frame readFrame() {
    try {
      return frames.next();
    } catch (IllegalArgumentException fault) {
      throw transport.answers().noEvent(fault);
    }
  }

  private void take(ByteBuffer bytes) {
    if (isStream()) {
      frames.take(bytes);
      return;
    }
    byte[] part = new byte[bytes.remaining()];
    bytes.get(part);
    refusal.writeBytes(part);
    if (refusal.size() > LONGEST_REFUSAL) throw refused();
  }

  private void await() throws InterruptedException {
    // What was handed over has been taken, so there may come more.
    Flow.Subscription open = subscription;
    if (open != null && signals.isEmpty()) open.request(1);
    Signal signal = signals.poll(silence.toMillis(), TimeUnit.MILLISECONDS);
    if (signal == null) throw transport.answers().silent(silence);
    if (signal.bytes() != null) unread.addAll(signal.bytes());
    else if (signal.failure() != null) throw transport.answers().lost(CALL, signal.failure());
    else throw isStream() || headers == null ? transport.answers().ended() : refused();
  }

  private boolean isStream() {
    return status == 200 && Answers.mediaOf(headers).equals("text/event-stream");
  }

  private SessionException refused() {
    Answer answer = new Answer(status, headers, refusal.toString(StandardCharsets.UTF_8));
    return transport.answers().refusal(CALL, answer);
  }

  /** Hands over what comes, piece by piece. */
  private final class Body implements BodyHandler<Void>, BodySubscriber<Void> {
    @Override
    public BodySubscriber<Void> apply(ResponseInfo info) {
      status = info.statusCode();
      headers = info.headers();
      return this;
    }

    @Override
    public CompletionStage<Void> getBody() {
      return CompletableFuture.completedStage(null);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      // Who closed it before did not see this.
      if (isClosed) given.cancel();
      else given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
      signals.add(new Signal(bytes, null));
    }

    @Override
    public void onError(Throwable failure) {
      signals.add(new Signal(null, failure));
    }

    @Override
    public void onComplete() {
      signals.add(new Signal(null, null));
    }
  }
}
