/**
 * When each session was last touched by this process. A read slides the idle deadline (`touch=true`), but not every read needs to:
 * once in a while is enough, and costs the server less.
 */

/** Tokens that are remembered at most. One that is forgotten is touched once more, which does no harm. */
const MOST = 10_000;

export class TouchTimes {
  /** Units: milliseconds. */
  private readonly interval: number;
  private readonly times = new Map<string, number>();

  /** `interval`: for how long a touch is enough. Units: seconds. */
  constructor(interval = 30) {
    this.interval = interval * 1000;
  }

  /** Tells whether a read is to touch. */
  isDue(token: string, now = Date.now()): boolean {
    const last = this.times.get(token);
    return last === undefined || now - last >= this.interval || now < last;
  }

  note(token: string, now = Date.now()): void {
    this.times.delete(token);
    this.times.set(token, now);
    if (this.times.size > MOST) this.times.delete(this.times.keys().next().value!);
  }

  forget(token: string): void {
    this.times.delete(token);
  }
}
