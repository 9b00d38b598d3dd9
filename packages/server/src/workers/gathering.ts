/**
 * Gathers what each worker has of something, such as its metrics. A worker that does not answer in time (it stands still, or has just
 * died) is left out: who asks must not wait for it.
 */
import type { Member } from './member.ts';

/** Units: milliseconds. */
const PATIENCE = 2000;

interface Asked {
  readonly from: Set<Member>;
  readonly parts: Map<Member, unknown>;
  readonly done: () => void;
}

export class Gathering {
  private readonly members: () => readonly Member[];
  private readonly asked = new Map<number, Asked>();
  private last = 0;

  constructor(members: () => readonly Member[]) {
    this.members = members;
  }

  /** Asks all workers that answer; gives what each of them gave. */
  async gather(what: string): Promise<ReadonlyMap<Member, unknown>> {
    const id = ++this.last;
    const from = new Set(this.members());
    const parts = new Map<Member, unknown>();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.asked.set(id, { from, parts, done });
      for (const member of from) member.tell({ kind: 'give', id, what });
    });
    this.asked.delete(id);
    return parts;
  }

  /** Takes the answer of a worker. */
  take(member: Member, { id, part }: { readonly id: number; readonly part: unknown }): void {
    const asked = this.asked.get(id);
    if (asked?.from.has(member)) asked.parts.set(member, part);
    this.strike(asked, member);
  }

  /** Waits for a worker no longer. */
  gone(member: Member): void {
    for (const asked of this.asked.values()) this.strike(asked, member);
  }

  private strike(asked: Asked | undefined, member: Member): void {
    if (asked?.from.delete(member) && asked.from.size === 0) asked.done();
  }
}
