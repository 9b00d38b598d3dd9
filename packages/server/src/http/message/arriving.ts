/**
 * A body on its way. Its connection (sockets/) notes here what it sees of the body before it is read; its reader (body.ts)
 * says here what it takes. So neither knows the other. Only bodies that need it have one of these: those that come in
 * chunks, and those that a client keeps back until it is told to send them (`Expect: 100-continue`).
 */

/**
 * So many chunks in one turn of the event loop may be of any size. In more, a body is to have so many bytes a chunk: each costs
 * all clients some 2 µs.
 */
const FREE_CHUNKS = 256;
const MIN_CHUNK = 16;

export class ArrivingBody {
  /** Whether it comes in very many very small chunks, and was therefore cut off. */
  isCrumbled = false;
  /** Of the chunks of this turn of the event loop. */
  private chunks = 0;
  private length = 0;
  private announced = 0;
  /** What its reader takes. Absence: Infinity before it reads. */
  private max = Number.POSITIVE_INFINITY;
  /** Asks the client to send it. Absence: null when the client does not wait. */
  private ask: (() => void) | null = null;
  /** Wakes the reader, which then finds the body too long. */
  private wake: () => void = () => {};

  /** Whether its chunks are announced to be longer, together, than its reader takes. */
  get isTooLong(): boolean {
    return this.announced > this.max;
  }

  /** For the connection: the client waits until it is asked. */
  awaitReader(ask: () => void): void {
    this.ask = ask;
  }

  /** For the connection: a chunk has come. Units: bytes. */
  countChunk(length: number): void {
    // Each turn of the event loop begins anew: crumbs that come one by one cost nobody else.
    if (this.chunks === 0) {
      setImmediate(() => {
        this.chunks = 0;
        this.length = 0;
      });
    }
    this.chunks++;
    this.length += length;
    this.isCrumbled ||= this.chunks > FREE_CHUNKS && this.length < this.chunks * MIN_CHUNK;
  }

  /** For the connection: more is announced. `wake`: makes the reader look again. Units: bytes. */
  announce(length: number, wake: () => void): void {
    this.announced += length;
    this.wake = wake;
    if (this.isTooLong) wake();
  }

  /** For the reader, which takes so much from now on. A body that nobody reads is never asked for. Units: bytes. */
  beginReading(max: number): void {
    this.ask?.();
    this.ask = null;
    this.max = max;
    if (this.isTooLong) this.wake();
  }
}
