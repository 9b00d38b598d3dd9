/**
 * The ends of apps that are still to be told, session by session. An app with very many sessions leaves its home in one small
 * transaction (homes.ts); what stands there is removed behind, and each record is told of in the very transaction that removes it
 * (leftovers.ts), by whichever process that is. So who ended the app, why and when is kept until its home is empty.
 *
 * A home without such a note was left when its app had no rules, or by a version that told nothing: nothing is told of it.
 */
import type { JournalRules, JournalSource, Origin } from '../../core/events.ts';
import type { JournalTables } from './journal-tables.ts';
import { appOf, endedKey, homeOf, idOf, sessionKey } from './keys.ts';
import type { StoredRecord } from './record.ts';
import type { Tables } from './tables.ts';
import type { Telling } from './telling.ts';
import type { WriteBehind } from './write-behind.ts';

interface AppEnd extends Origin {
  /** The one that was left. */
  readonly home: string;
  /** When that was, in epoch milliseconds. It decides what had expired before. */
  readonly at: number;
  /** As they were then. Who goes on may have others by now, or none. */
  readonly rules: JournalRules;
}

/** What `tell` works with. `decidedAt`: gives the instant to write at (core/instant.ts). */
export interface AppEndsParts {
  readonly tables: Tables;
  readonly seen: WriteBehind;
  readonly telling: Telling;
  readonly rules: JournalSource;
  readonly decidedAt: (now: number) => number;
}

/** All in transactions. */
export class AppEnds {
  private readonly parts: AppEndsParts;
  private readonly kept: JournalTables;

  constructor(parts: AppEndsParts) {
    this.parts = parts;
    this.kept = parts.tables.journals;
  }

  /** Notes that an app has left its home. For an app without rules: nothing. */
  note(home: string, at: number, { by, note }: Origin): void {
    const rules = this.parts.rules(appOf(home));
    if (rules === null) return;
    this.parts.tables.format.noteJournal();
    this.put(appOf(home), [...this.all(appOf(home)), { home, at, by, note, rules }]);
  }

  /** Gives the end by which a home was left. Absence: undefined when nothing is to be told of it. */
  of(home: string): AppEnd | undefined {
    return this.all(appOf(home)).find((end) => end.home === home);
  }

  /** Nothing is left in a home. */
  forget(home: string): void {
    const all = this.all(appOf(home));
    const others = all.filter((end) => end.home !== home);
    if (others.length < all.length) this.put(appOf(home), others);
  }

  /** Tells of the end of the session of a key, whose record is about to be removed. */
  tell(key: string, end: AppEnd): void {
    const { tables, seen, telling, decidedAt } = this.parts;
    let stored: StoredRecord | null = null;
    try {
      stored = tables.recordAt(key);
    } catch {
      // Nobody can tell whose it was.
    }
    if (stored !== null) telling.ended(seen.current(key, stored), 'app', decidedAt(end.at), end, end);
  }

  /** Tells of what is left of a session before another one begins with its id: the end of the one comes first. */
  overtake(key: string): void {
    const { homes, sessions } = this.parts.tables;
    const app = appOf(homeOf(key));
    if (homeOf(key) === app || this.parts.rules(app) === null) return;
    for (const end of this.all(app)) {
      const left = sessionKey(end.home, idOf(key));
      if (!sessions.doesExist(left)) continue;
      this.tell(left, end);
      void sessions.remove(left);
      homes.removed(end.home, 1);
    }
  }

  private all(app: string): readonly AppEnd[] {
    const bytes = this.parts.tables.format.hasJournal ? this.kept.heads.get(endedKey(app)) : undefined;
    return bytes === undefined ? [] : (JSON.parse(bytes.toString()) as AppEnd[]);
  }

  private put(app: string, all: readonly AppEnd[]): void {
    if (all.length === 0) void this.kept.heads.remove(endedKey(app));
    else void this.kept.heads.put(endedKey(app), Buffer.from(JSON.stringify(all)));
  }
}
