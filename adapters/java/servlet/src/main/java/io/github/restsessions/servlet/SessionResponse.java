package io.github.restsessions.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;

/**
 * Saves the session before the answer leaves, because its cookie is in the head, and because a page
 * must not say that something was kept which was not.
 */
final class SessionResponse extends HttpServletResponseWrapper {
  /** The longest that a char can be in the encodings of the web. */
  private static final int BYTES_OF_CHAR = 4;

  private final PageSession session;
  private ServletOutputStream stream;
  private PrintWriter writer;
  private long written;
  private long length = Long.MAX_VALUE;

  SessionResponse(HttpServletResponse response, PageSession session) {
    super(response);
    this.session = session;
  }

  /** Saves when so much more would make the container send what it has. */
  private void beforeBytes(long count) {
    written += count;
    if (written >= Math.min(getBufferSize(), length)) beforeSending();
  }

  /** With the last byte of an answer whose length is known, some containers send it. */
  private void noteLength(String name, String value) {
    if (name.equalsIgnoreCase("Content-Length") && value != null && value.matches("\\d{1,18}"))
      length = Long.parseLong(value);
  }

  @Override
  public void setContentLength(int newLength) {
    length = newLength;
    super.setContentLength(newLength);
  }

  @Override
  public void setContentLengthLong(long newLength) {
    length = newLength;
    super.setContentLengthLong(newLength);
  }

  @Override
  public void setHeader(String name, String value) {
    noteLength(name, value);
    super.setHeader(name, value);
  }

  @Override
  public void addHeader(String name, String value) {
    noteLength(name, value);
    super.addHeader(name, value);
  }

  @Override
  public void setIntHeader(String name, int value) {
    noteLength(name, String.valueOf(value));
    super.setIntHeader(name, value);
  }

  private void beforeSending() {
    if (!isCommitted()) session.save();
  }

  /** The session stays saved, and its cookie in the head. */
  @Override
  public void reset() {
    super.reset();
    stream = null;
    writer = null;
    written = 0;
    length = Long.MAX_VALUE;
    session.sendAgain();
  }

  @Override
  public void flushBuffer() throws IOException {
    beforeSending();
    super.flushBuffer();
  }

  @Override
  public void sendError(int status) throws IOException {
    beforeSending();
    super.sendError(status);
  }

  @Override
  public void sendError(int status, String message) throws IOException {
    beforeSending();
    super.sendError(status, message);
  }

  @Override
  public void sendRedirect(String location) throws IOException {
    beforeSending();
    super.sendRedirect(location);
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    if (stream == null) stream = new SavingStream(super.getOutputStream());
    return stream;
  }

  @Override
  public PrintWriter getWriter() throws IOException {
    if (writer == null) writer = new PrintWriter(new SavingWriter(super.getWriter()));
    return writer;
  }

  private final class SavingWriter extends FilterWriter {
    SavingWriter(Writer out) {
      super(out);
    }

    @Override
    public void write(int sign) throws IOException {
      beforeBytes(BYTES_OF_CHAR);
      out.write(sign);
    }

    @Override
    public void write(char[] signs, int from, int count) throws IOException {
      beforeBytes((long) count * BYTES_OF_CHAR);
      out.write(signs, from, count);
    }

    @Override
    public void write(String text, int from, int count) throws IOException {
      beforeBytes((long) count * BYTES_OF_CHAR);
      out.write(text, from, count);
    }

    @Override
    public void flush() throws IOException {
      beforeSending();
      out.flush();
    }

    @Override
    public void close() throws IOException {
      beforeSending();
      out.close();
    }
  }

  private final class SavingStream extends ServletOutputStream {
    private final ServletOutputStream out;

    SavingStream(ServletOutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int part) throws IOException {
      beforeBytes(1);
      out.write(part);
    }

    @Override
    public void write(byte[] part, int from, int count) throws IOException {
      beforeBytes(count);
      out.write(part, from, count);
    }

    @Override
    public void flush() throws IOException {
      beforeSending();
      out.flush();
    }

    @Override
    public void close() throws IOException {
      beforeSending();
      out.close();
    }

    @Override
    public boolean isReady() {
      return out.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
      beforeSending();
      out.setWriteListener(listener);
    }
  }
}
