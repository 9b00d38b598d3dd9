/**
 * How many requests are worked on at once (G12). The surplus is turned away before anything is done for it, so that those
 * inside keep their pace and memory stays bounded. No queue: one would only make the refusal late.
 *
 * Turning away costs a third of serving. A flood of clients that come back at once would take all the time there is, so
 * the connection of one that was turned away is not read again for a moment. Who waits as Retry-After says never notices.
 */
import type { Socket } from 'node:net';

const ALWAYS = /^\/(?:livez|readyz|ping)(?:$|[?/])/;
/** Units: milliseconds, at most. */
const REST = 100;

export class Concurrency {
  private readonly limit: number;
  private inside = 0;
  private readonly leave = () => {
    this.inside--;
  };
  private coming: Socket[] = [];
  private resting: Socket[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Tells whether a request must be turned away. A busy server is not a dead one: those who ask that are let in. */
  isFull(target: string | undefined): boolean {
    return this.inside >= this.limit && !ALWAYS.test(target ?? '');
  }

  /** Counts a request until its answer is written. */
  during(answered: Promise<void>): void {
    this.inside++;
    answered.then(this.leave, this.leave);
  }

  /** Lets a connection rest that was turned away. */
  rest(socket: Socket): void {
    // In the next turn, because Node reads on once more when an answer is done.
    if (this.coming.length === 0) setImmediate(() => this.pause());
    this.coming.push(socket);
  }

  private pause(): void {
    for (const socket of this.coming) socket.pause();
    if (this.resting.length === 0) setTimeout(() => this.resume(), REST);
    this.resting.push(...this.coming);
    this.coming = [];
  }

  private resume(): void {
    for (const socket of this.resting) socket.resume();
    this.resting = [];
  }
}
