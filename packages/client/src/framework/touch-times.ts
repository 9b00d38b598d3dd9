/**
 * When each session was last touched by this process. A read slides the idle deadline (`touch=true`), but not every read needs to:
 * once in a while is enough, and costs the server less.
 */

/** Tokens that are remembered at most. One that is forgotten is touched once more, which does no harm. */
const MOST = 10_000;

export class TouchTimes {
  /** Units: milliseconds. */
  private readonly interval: number;
  /** When the next touch is due, by token. */
  private readonly due = new Map<string, number>();

  /** `interval`: for how long a touch is enough at most. Units: seconds. Errors: TypeError. */
  constructor(interval = 30) {
    if (typeof interval !== 'number' || !(interval >= 0))
      throw new TypeError('touchInterval must be a number of seconds from 0 on');
    this.interval = interval * 1000;
  }

  /** Tells whether a read is to touch. */
  isDue(token: string, now = Date.now()): boolean {
    const due = this.due.get(token);
    // Further off than the interval: the clock was set back.
    return due === undefined || now >= due || due - now > this.interval;
  }

  /**
   * Notes a touch. `idleTimeout`: of the session, in seconds; null for none. One that ends sooner than the interval is touched
   * twice in it, or it would end while someone is there.
   */
  note(token: string, idleTimeout: number | null, now = Date.now()): void {
    const enough = Math.min(this.interval, idleTimeout === null ? this.interval : idleTimeout * 500);
    this.due.delete(token);
    this.due.set(token, now + enough);
    if (this.due.size > MOST) this.due.delete(this.due.keys().next().value!);
  }

  /** Tells whether a session was touched, and neither forgotten nor too long ago for this memory. */
  knows(token: string): boolean {
    return this.due.has(token);
  }

  forget(token: string): void {
    this.due.delete(token);
  }
}
