package io.github.restsessions.contract;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands before a server, and cuts connections off once the server has the request. */
public final class CuttingProxy implements AutoCloseable {
  private final ServerSocket socket;
  private final URI server;
  private final AtomicInteger cuts;
  private final AtomicInteger requests = new AtomicInteger();

  /**
   * @param cuts how many of the first answers nobody gets
   */
  public CuttingProxy(String server, int cuts) {
    this.server = URI.create(server);
    this.cuts = new AtomicInteger(cuts);
    try {
      socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
    inBackground(
        () -> {
          while (true) {
            Socket client = socket.accept();
            inBackground(() -> serve(client));
          }
        });
  }

  public String url() {
    return "http://127.0.0.1:" + socket.getLocalPort();
  }

  public int requests() {
    return requests.get();
  }

  private void serve(Socket client) throws IOException {
    try (client;
        Socket upstream = new Socket(server.getHost(), server.getPort())) {
      inBackground(
          () -> {
            copy(upstream, client, true);
            client.close();
          });
      copy(client, upstream, false);
    }
  }

  private void copy(Socket from, Socket to, boolean isAnswer) throws IOException {
    InputStream in = from.getInputStream();
    OutputStream out = to.getOutputStream();
    byte[] part = new byte[1 << 16];
    for (int size = in.read(part); size > 0; size = in.read(part)) {
      if (!isAnswer) count(part, size);
      // The server has answered, so it has done its work.
      else if (cuts.getAndDecrement() > 0) return;
      out.write(part, 0, size);
    }
  }

  /** The client sends the head of a request and its body apart. */
  private void count(byte[] part, int size) {
    String text = new String(part, 0, size, StandardCharsets.ISO_8859_1);
    if (text.contains(" HTTP/1.1\r\n")) requests.incrementAndGet();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void inBackground(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException closed) {
                // One of the two ends has gone, and so does this.
              }
            });
    thread.setDaemon(true);
    thread.start();
  }
}
