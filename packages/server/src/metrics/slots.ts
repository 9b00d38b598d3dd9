/**
 * Counts by slots of time, of which the last ones are kept: a ring of numbers. The instant is an argument. As plain JSON slots
 * say from which instant they are, so those of several processes can be added, whoever counted last in which of them.
 */

/** What is kept of which length. Units of `step`: milliseconds. */
export const PERIODS = {
  hour: { step: 60_000, length: 60 },
  day: { step: 900_000, length: 96 },
} as const;
export type Period = keyof typeof PERIODS;

/** `counts`: the oldest first; the last one is of the slot with the number `last`, counted from the epoch on in steps. */
export interface Slots {
  readonly last: number;
  readonly counts: readonly number[];
}

export const NO_SLOTS: Slots = { last: 0, counts: [] };

export class SlotRing {
  private readonly step: number;
  private readonly counts: Float64Array;
  /** The number of the latest slot. */
  private last = 0;

  constructor({ step, length }: (typeof PERIODS)[Period]) {
    this.step = step;
    this.counts = new Float64Array(length);
  }

  /** A clock that was set back counts into the slot that it says, as long as that is kept. */
  add(n: number, now: number): void {
    const { counts, step } = this;
    const slot = Math.floor(now / step);
    if (slot > this.last) {
      const first = Math.max(this.last + 1, slot - counts.length + 1);
      for (let passed = first; passed <= slot; passed++) counts[passed % counts.length] = 0;
      this.last = slot;
    }
    if (slot > this.last - counts.length) counts[slot % counts.length]! += n;
  }

  get slots(): Slots {
    const { counts, last } = this;
    return { last, counts: Array.from(counts, (_, i) => counts[(last + 1 + i) % counts.length]!) };
  }
}

/** Gives the slots up to an instant, as many as a period has, the oldest first. Slots of a later instant are not in it. */
export function slotsUntil({ last, counts }: Slots, period: Period, now: number): number[] {
  const { step, length } = PERIODS[period];
  const ahead = last - Math.floor(now / step);
  return Array.from({ length }, (_, i) => counts[counts.length - length + i - ahead] ?? 0);
}

/** Gives what two processes have counted together, no more slots than the longer one has. */
export function addSlots(one: Slots, other: Slots): Slots {
  const [later, earlier] = one.last >= other.last ? [one, other] : [other, one];
  const length = Math.max(one.counts.length, other.counts.length);
  const at = ({ last, counts }: Slots, slot: number) => counts[counts.length - 1 - (last - slot)] ?? 0;
  const first = later.last - length + 1;
  return {
    last: later.last,
    counts: Array.from({ length }, (_, i) => at(later, first + i) + at(earlier, first + i)),
  };
}
