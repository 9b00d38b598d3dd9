/**
 * What workers have counted, for who shows their metrics as those of one server. A worker that has ended takes its counters with it, and
 * a sum that falls looks to Prometheus as if all had begun again. So the last that is known of each worker is kept: all of it for one that answers, its
 * counters for one that does not, and those of all that have ended together.
 */
import { countedOf, merge, type Snapshot } from '../metrics/snapshot.ts';
import type { Member } from './member.ts';

export class Counted {
  private readonly last = new Map<Member, Snapshot>();
  private ended: Snapshot = [];

  /** Takes what a worker told of itself. */
  note(member: Member, part: unknown): void {
    if (Array.isArray(part)) this.last.set(member, part as Snapshot);
  }

  /** A worker has ended. */
  gone(member: Member): void {
    const last = this.last.get(member);
    this.last.delete(member);
    if (last !== undefined) this.ended = merge([this.ended, countedOf(last)]);
  }

  /** Gives the snapshots of all. `answered`: those that told of themselves just now. */
  all(answered: ReadonlySet<Member>): Snapshot[] {
    const known = [...this.last].map(([member, last]) => (answered.has(member) ? last : countedOf(last)));
    return [...known, this.ended];
  }
}
