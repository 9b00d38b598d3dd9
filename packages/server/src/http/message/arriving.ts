/**
 * A body on its way. Its connection (sockets/) notes here what it sees of the body before it is read; its reader (body.ts)
 * says here what it takes. So neither knows the other. Only bodies that need it have one of these: those that come in
 * chunks, and those that a client keeps back until it is told to send them (`Expect: 100-continue`).
 */
export class ArrivingBody {
  /** Whether it comes in very many very small chunks, and was therefore cut off. */
  isCrumbled = false;
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

const bodies = new WeakMap<object, ArrivingBody>();

/** Gives what is known of the body of a request. Absence: undefined when nobody watches it. */
export function arrivingBody(incoming: object | undefined): ArrivingBody | undefined {
  return incoming && bodies.get(incoming);
}

/** The same, for the connection that begins to watch it. */
export function watchedBody(incoming: object): ArrivingBody {
  const known = bodies.get(incoming) ?? new ArrivingBody();
  bodies.set(incoming, known);
  return known;
}
