/**
 * What workers have counted, for who shows it as that of one server. A worker that has ended takes its counters with it, and
 * a sum that falls looks to Prometheus as if all had begun again. So the last that is known of each worker is kept: all of it for one that answers, its
 * counters for one that does not, and those of all that have ended together.
 */
import { type Figures, isFigures, mergeFigures } from '../metrics/figures.ts';
import { countedOf, merge, type Snapshot } from '../metrics/snapshot.ts';
import type { Member } from './member.ts';

/** What is counted, as plain JSON. */
export interface Countable<Part> {
  /** Tells whether a worker has told something: it may be of another version. */
  readonly isPart: (part: unknown) => part is Part;
  readonly merge: (parts: readonly Part[]) => Part;
  /** Gives what stays true of a worker after its end. */
  readonly keptOf: (part: Part) => Part;
}

export const METRICS_COUNTED: Countable<Snapshot> = {
  isPart: (part): part is Snapshot => Array.isArray(part),
  merge,
  keptOf: countedOf,
};
export const FIGURES_COUNTED: Countable<Figures> = {
  isPart: isFigures,
  merge: mergeFigures,
  keptOf: (figures) => figures,
};

export class Counted<Part> {
  private readonly of: Countable<Part>;
  private readonly last = new Map<Member, Part>();
  /** Absence: null before a worker has ended. */
  private ended: Part | null = null;

  constructor(of: Countable<Part>) {
    this.of = of;
  }

  /** Takes what a worker told of itself. */
  note(member: Member, part: unknown): void {
    if (this.of.isPart(part)) this.last.set(member, part);
  }

  /** A worker has ended. */
  gone(member: Member): void {
    const last = this.last.get(member);
    this.last.delete(member);
    if (last === undefined) return;
    const kept = this.of.keptOf(last);
    this.ended = this.ended === null ? kept : this.of.merge([this.ended, kept]);
  }

  /** Gives the parts of all. `answered`: those that told of themselves just now. */
  all(answered: ReadonlySet<Member>): Part[] {
    const known = [...this.last].map(([member, last]) => (answered.has(member) ? last : this.of.keptOf(last)));
    return this.ended === null ? known : [...known, this.ended];
  }
}
