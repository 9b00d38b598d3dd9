/** What became of all that a source gave, counted: few numbers, however much it was. */
import type { LeftReason } from './left.ts';

/** `example`: the first of its kind: an id, a user, a line. */
export interface Left {
  readonly reason: LeftReason;
  readonly count: number;
  readonly example: string;
}

export class Tally {
  /** Sessions that are in the store now and were not before; in a dry run: that would be. */
  taken = 0;
  /** Sessions that a live session of the store stood in the place of. */
  present = 0;
  private readonly reasons = new Map<LeftReason, { count: number; readonly example: string }>();

  left(reason: LeftReason, example: string): void {
    const known = this.reasons.get(reason);
    if (known === undefined) this.reasons.set(reason, { count: 1, example });
    else known.count++;
  }

  /** Gives why sessions were left, most frequent first. */
  allLeft(): Left[] {
    return [...this.reasons].map(([reason, left]) => ({ reason, ...left })).sort((a, b) => b.count - a.count);
  }
}
