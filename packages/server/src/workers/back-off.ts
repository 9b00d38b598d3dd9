/** How long to wait before a worker is started again: not at all after a long life, and longer each time it ends soon. */

/** Units: milliseconds. */
const LONG_LIFE = 10_000;
const FIRST = 100;
const LONGEST = 30_000;

export class BackOff {
  private short = 0;

  /** Takes note of an end, after `life` milliseconds, and gives how long to wait. Units: milliseconds. */
  after(life: number): number {
    this.short = life >= LONG_LIFE ? 0 : this.short + 1;
    return this.short === 0 ? 0 : Math.min(LONGEST, FIRST * 2 ** (this.short - 1));
  }
}
