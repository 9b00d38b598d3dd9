/** Says about each name how often it may be spoken of: what happens a thousand times a second is one line a minute. */

/** Units: milliseconds. */
const INTERVAL = 60_000;
const MAX_NAMES = 1000;

export class Reminder {
  private readonly last = new Map<string, number>();

  /** Tells whether it is time to say it, and takes note. */
  isDue(name: string, now: number): boolean {
    const last = this.last.get(name) ?? Number.NEGATIVE_INFINITY;
    // A clock that was set back must not keep it silent until the hour of then comes again.
    if (Math.abs(now - last) < INTERVAL) return false;
    if (this.last.size >= MAX_NAMES) this.last.clear();
    this.last.set(name, now);
    return true;
  }
}
