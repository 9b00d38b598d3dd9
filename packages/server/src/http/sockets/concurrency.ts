/**
 * How many requests are worked on at once (G12). The surplus is turned away before anything is done for it, so that those
 * inside keep their pace and memory stays bounded. No queue: one would only make the refusal late.
 *
 * Turning away costs a third of serving. A flood of clients that come back at once would take all the time there is, so
 * the connection of one that was turned away is not read again for a while: the longer, the more of them there are, but
 * never longer than Retry-After says. Who waits as told never notices.
 */
import type { Socket } from 'node:net';
import type { StreamCount } from '../message/route.ts';

const ALWAYS = /^\/(?:livez|readyz|healthz?|ping|metrics)(?:$|[?/])/;
/** Units: milliseconds. How often connections are read again that have rested. */
const STEP = 50;
/** Steps of a rest, at least, and at most: the second of Retry-After. */
const SHORTEST = 2;
const LONGEST = 20;
/** Connections that are read again in one step, as long as none rests too long for that: 2,000 a second, a twentieth of its time. */
const TOGETHER = 100;

export class Concurrency {
  private readonly limit: number;
  private readonly isHeld: (socket: Socket) => boolean;
  /** How many are worked on now. */
  inside = 0;
  readonly enter = (): void => {
    this.inside++;
  };
  readonly leave = (): void => {
    this.inside--;
  };
  private underWay = 0;
  /**
   * Long answers are worked on only while a piece of them is made: clients that do not read them keep nobody else out. As many
   * as the limit may be under way, because each holds a piece that was not read yet.
   */
  readonly streams: StreamCount = {
    begin: () => {
      if (this.underWay >= this.limit) return false;
      this.underWay++;
      return true;
    },
    rest: this.leave,
    goOn: this.enter,
    end: () => void this.underWay--,
  };
  private coming: Socket[] = [];
  /** Those in `coming` or `resting`: each once, though several of its requests may have been turned away. */
  private readonly entered = new WeakSet<Socket>();
  /** By the steps until they are read again. */
  private readonly resting: Socket[][] = Array.from({ length: LONGEST }, () => []);
  private timer: NodeJS.Timeout | null = null;

  /** `isHeld` tells of a connection that somebody else does not want to be read, and will have read again. */
  constructor(limit: number, isHeld: (socket: Socket) => boolean) {
    this.limit = limit;
    this.isHeld = isHeld;
  }

  /** Tells whether a request must be turned away. Health checks and metrics are always let in: a busy server must not be taken for a dead one. */
  isFull(target: string | undefined): boolean {
    return this.inside >= this.limit && !ALWAYS.test(target ?? '');
  }

  /** Counts a request until its answer is written, and then tells. */
  during(answered: Promise<void>, onAnswered: () => void): void {
    this.enter();
    const done = () => {
      this.leave();
      onAnswered();
    };
    answered.then(done, done);
  }

  /** Reads no more from a connection whose request was turned away, for a while. */
  rest(socket: Socket): void {
    // In the next turn, because Node reads on once more when an answer is done.
    if (this.isHeld(socket) || this.entered.has(socket)) return;
    this.entered.add(socket);
    if (this.coming.length === 0) setImmediate(() => this.pause());
    this.coming.push(socket);
  }

  /** Tells whether a connection rests, and will be read again in its time. */
  isResting(socket: Socket): boolean {
    return this.entered.has(socket);
  }

  private pause(): void {
    let steps = SHORTEST;
    for (const socket of this.coming) {
      while (steps < LONGEST - 1 && this.resting[steps]!.length >= TOGETHER) steps++;
      socket.pause();
      this.resting[steps]!.push(socket);
    }
    this.coming = [];
    this.timer ??= setInterval(() => this.resume(), STEP);
  }

  private resume(): void {
    const rested = this.resting.shift()!;
    this.resting.push([]);
    for (const socket of rested) {
      this.entered.delete(socket);
      if (!this.isHeld(socket)) socket.resume();
    }
    if (this.timer === null || this.resting.some((sockets) => sockets.length > 0)) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}
