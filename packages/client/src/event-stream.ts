/**
 * Reads a stream of events in the WHATWG form (text/event-stream): lines that end with LF, CR or CRLF, cut anywhere into chunks. A
 * comment is nothing here; that bytes came at all is the business of who reads them.
 */

/** The longest event, and the longest line. Ours have some kilobytes. Units: UTF-16 code units. */
const LONGEST = 1_048_576;

export interface Frame {
  /** '' where the stream named none: a `message`. */
  readonly event: string;
  /** The lines of it, joined by line feeds. Absence: null where only the position moved. */
  readonly data: string | null;
  /** The last id that the stream has told. Absence: null before the first one. */
  readonly id: string | null;
}

/** What came is longer than any event: the stream is none of ours. */
export class FrameTooLong extends Error {}

export class EventStreamReader {
  /** It takes the byte order mark away that a stream may begin with. */
  private readonly decoder = new TextDecoder();
  /** The line that has not ended yet. */
  private line = '';
  private endedWithCr = false;
  private id: string | null = null;
  private event = '';
  private data: string | null = null;
  private hasId = false;
  private frames: Frame[] = [];

  /** Gives the frames that a chunk completes. Errors: FrameTooLong. */
  read(chunk: Uint8Array): Frame[] {
    const text = this.decoder.decode(chunk, { stream: true });
    this.frames = [];
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code !== LF && code !== CR) continue;
      // The second half of CRLF, perhaps of the chunk before.
      if (code === LF && this.endedWithCr && at === from && this.line === '') {
        this.endedWithCr = false;
        from = at + 1;
        continue;
      }
      this.take(this.line + text.slice(from, at));
      this.line = '';
      this.endedWithCr = code === CR;
      from = at + 1;
    }
    if (from < text.length) {
      this.endedWithCr = false;
      this.line += text.slice(from);
      this.limit(this.line.length);
    }
    return this.frames;
  }

  private take(line: string): void {
    if (line === '') {
      this.dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.data = this.data === null ? value : `${this.data}\n${value}`;
      this.limit(this.data.length);
    } else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) {
      this.id = value;
      this.hasId = true;
    }
  }

  private dispatch(): void {
    const { event, data, id } = this;
    if (data !== null || this.hasId) this.frames.push({ event, data, id });
    this.event = '';
    this.data = null;
    this.hasId = false;
  }

  private limit(length: number): void {
    if (length > LONGEST) throw new FrameTooLong(`an event of more than ${LONGEST} characters`);
  }
}

const LF = 10;
const CR = 13;
