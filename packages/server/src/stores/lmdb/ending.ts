/**
 * The end of all sessions of an app or of a subject.
 *
 * An app with few sessions loses them in the one transaction that answers. One with very many moves to another home
 * (homes.ts), which is as atomic and takes no longer. Nothing comes to the old home any more, so how many were live can be
 * counted behind: what the app had, without what had expired. Then what is left is removed.
 *
 * A subject's sessions end slice by slice, by session key, which no touch changes. So each that existed when the walk began is
 * met exactly once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { EndReason, JournalSource, Origin } from '../../core/events.ts';
import { isLive } from '../../core/expiry.ts';
import type { AppEnds } from './app-ends.ts';
import type { Counting } from './counting.ts';
import type { Entries } from './entries.ts';
import { idOf, under } from './keys.ts';
import type { Leftovers } from './leftovers.ts';
import { smaller } from './slices.ts';
import type { Tables } from './tables.ts';
import type { WriteBehind } from './write-behind.ts';

/** Of so many sessions the answer waits until what is left is removed from the file too, and for how long at most. Units of the latter: milliseconds. */
const SOON_REMOVED = 5000;
const PATIENCE = 5000;

/** What the end of sessions works with. `decidedAt`: gives the instant to decide by (core/instant.ts). */
export interface EndingParts {
  readonly tables: Tables;
  readonly seen: WriteBehind;
  readonly counting: Counting;
  readonly leftovers: Leftovers;
  readonly entries: Entries;
  readonly ends: AppEnds;
  readonly rules: JournalSource;
  readonly decidedAt: (now: number) => number;
}

export class Ending {
  private readonly parts: EndingParts;

  constructor(parts: EndingParts) {
    this.parts = parts;
  }

  /** Ends all sessions of an app at one instant, and gives how many were live. */
  async ofApp(app: string, now: number, origin: Origin): Promise<number> {
    const { tables, seen, counting, leftovers, rules } = this.parts;
    // Nothing comes to the home that is left, and what is told of its sessions is read there. What cannot be written now holds up no end.
    if (rules(app) !== null && (await tables.read(() => seen.concerns(tables.homes.of(app))))) {
      await seen.flush().catch(() => {});
    }
    const end = await smaller((size) => tables.transaction(() => this.endApp(app, size, now, origin)));
    if (typeof end === 'number') return end;
    const expired = await counting.expiredIn(end.home, end.at);
    const removed = leftovers.remove();
    if (end.records <= SOON_REMOVED) await Promise.race([removed, delay(PATIENCE, undefined, { ref: false })]);
    return Math.max(0, end.records - expired);
  }

  /** Ends the sessions of a subject, but for one, and gives how many were live. */
  async ofSubject(
    app: string,
    { subject, except }: { readonly subject: string; readonly except?: string },
    now: number,
    origin: Origin,
  ): Promise<number> {
    const { tables } = this.parts;
    let live = 0;
    for (let after: string | undefined; ; ) {
      const slice = await smaller((limit) =>
        tables.transaction(() => {
          const keys = tables.sessionKeysOf(app, subject, { limit, ...(after !== undefined && { after }) });
          const ending = keys.filter((key) => idOf(key) !== except);
          return {
            live: this.endEach(ending, 'subject', now, origin),
            last: keys.length < limit ? undefined : keys.at(-1),
          };
        }),
      );
      live += slice.live;
      after = slice.last;
      if (after === undefined) return live;
    }
  }

  /** In a transaction. Gives how many were live, or which home was left at what instant, and with how many records. */
  private endApp(app: string, most: number, now: number, origin: Origin) {
    const { tables, ends, decidedAt } = this.parts;
    const { homes, counts, sessions } = tables;
    const home = homes.of(app);
    const keys = [...sessions.getKeys({ ...under(home), limit: most + 1 })];
    if (keys.length <= most) return this.endEach(keys, 'app', now, origin);
    const [records] = counts.of(home);
    const at = decidedAt(now);
    homes.leave(app, records);
    counts.drop(home);
    ends.note(home, at, origin);
    return { home, records, at };
  }

  /** Ends the sessions of keys, and gives how many were live. In a transaction. */
  private endEach(keys: readonly string[], reason: EndReason, now: number, origin: Origin): number {
    const { tables, seen, entries, decidedAt } = this.parts;
    const at = decidedAt(now);
    let live = 0;
    for (const key of keys) {
      const record = tables.record(key);
      if (record === null) continue;
      if (isLive(seen.current(key, record), at)) live++;
      entries.end(key, record, reason, at, origin);
      seen.forget(key);
    }
    return live;
  }
}
