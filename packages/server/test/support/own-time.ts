/** Time that goes when a test says so, for what is handed a clock and a timer. Units: milliseconds. */
export class OwnTime {
  now = 1_764_403_200_000;
  private readonly timers = new Set<{ readonly run: () => void; readonly at: number }>();

  readonly clock = (): number => this.now;

  readonly later = (run: () => void, delay: number): (() => void) => {
    const timer = { run, at: this.now + Math.max(1, delay) };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  };

  /** How many wait for something. */
  get waiting(): number {
    return this.timers.size;
  }

  /** Lets time go, and what is due then run, with all that follows at once from it. */
  async pass(duration: number): Promise<void> {
    const end = this.now + duration;
    await settled();
    for (;;) {
      const next = Math.min(...[...this.timers].map(({ at }) => at));
      if (next > end) break;
      this.now = Math.max(this.now, next);
      for (const timer of [...this.timers].filter(({ at }) => at <= this.now)) {
        if (!this.timers.delete(timer)) continue;
        timer.run();
        await settled();
      }
    }
    this.now = end;
  }
}

/** Resolves when what needs no time is done. */
async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}
