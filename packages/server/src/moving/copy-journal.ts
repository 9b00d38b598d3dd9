/**
 * Which sessions of an app a copy has brought, kept in the target, as memos beside its sessions: so it is never that of another
 * target, and whoever goes on with the copy needs no file. Noted before the sessions are put in: what is there and not noted is
 * not of the copy, and is never ended by it.
 *
 * Rejected: a file on the machine that copies, which the one that makes the last catch-up may not be; and a mark in each record,
 * which servers would have to carry along.
 */
import { IdSet } from '../core/id-set.ts';
import type { SessionStore } from '../core/store.ts';
import { fingerprint, ID_LENGTH } from '../core/token.ts';

/** The name of an app that no user can have (core/validate.ts). */
const APP = '_moving';
/** How long it is known what was brought. Units: milliseconds. */
const KEPT = 30 * 86_400_000;
/** What never stands there. */
const NEVER = 'never';
/** Memos that are read at once. */
const TOGETHER = 32;

export class CopyJournal {
  private readonly store: Pick<SessionStore, 'memo'>;
  private readonly name: string;
  private readonly clock: () => number;
  /** The number of the next memo. */
  private next = 0;
  private begunAt = 0;
  /** As it stands in the store, as far as we know. Absence: null for nothing. */
  private seenUntil: number | null = null;

  /** `from`: the source and its namespace; the same words name the same copy. */
  constructor(store: Pick<SessionStore, 'memo'>, from: readonly string[], app: string, clock: () => number) {
    this.store = store;
    this.name = `copy.${fingerprint(JSON.stringify([...from, app]))}`;
    this.clock = clock;
  }

  /** Begins, or goes on. Gives when the copy began. Units: epoch milliseconds. */
  async begin(): Promise<number> {
    const now = this.clock();
    const there = await this.store.memo(APP, this.name, { text: `${now}`, instead: null, until: now + KEPT }, now);
    this.begunAt = there === null ? now : Number(there);
    return this.begunAt;
  }

  /** Tells whether a copy was begun. Changes nothing. */
  async isBegun(): Promise<boolean> {
    return (await this.read(this.name)) !== '';
  }

  /** Notes sessions that are about to be brought. */
  async note(ids: readonly string[]): Promise<void> {
    const now = this.clock();
    const memo = { text: ids.join(''), instead: null, until: now + KEPT };
    // A copy before, or another one beside it, has noted something under that number.
    for (;;) {
      const nth = this.next++;
      if ((await this.store.memo(APP, this.nth(nth), memo, now)) === null) return;
    }
  }

  /**
   * Notes when a session that is about to be brought was last seen, where that is later than of all before. Whoever was seen later than
   * this at the target was seen there. Units: epoch milliseconds.
   */
  async noteSeen(at: number): Promise<void> {
    const now = this.clock();
    while (this.seenUntil === null || at > this.seenUntil) {
      const instead = this.seenUntil === null ? null : `${this.seenUntil}`;
      // It outlives the ids that it is of.
      const memo = { text: `${at}`, instead, until: now + 2 * KEPT };
      const there = await this.store.memo(APP, this.seenName, memo, now);
      if (there === null) this.seenUntil = at;
      else this.seenUntil = there === '' ? null : Number(there);
    }
  }

  /** Gives the latest that was noted by `noteSeen`. Absence: Infinity, which nothing is later than. */
  async seen(): Promise<number> {
    const text = await this.read(this.seenName);
    this.seenUntil = text === '' ? null : Number(text);
    return this.seenUntil ?? Number.POSITIVE_INFINITY;
  }

  /** Gives all that were noted. */
  async all(): Promise<IdSet> {
    const ids = new IdSet();
    for (let first = 0; ; first += TOGETHER) {
      const names = Array.from({ length: TOGETHER }, (_, i) => this.nth(first + i));
      const texts = await Promise.all(names.map((name) => this.read(name)));
      for (const text of texts) {
        for (let at = 0; at < text.length; at += ID_LENGTH) ids.add(text.slice(at, at + ID_LENGTH));
      }
      const missing = texts.indexOf('');
      if (missing === -1) continue;
      this.next = Math.max(this.next, first + missing);
      return ids;
    }
  }

  private get seenName(): string {
    return `${this.name}.seen`;
  }

  private nth(nth: number): string {
    return `${this.name}.${nth}`;
  }

  /** There is no verb that only reads a memo. Nothing has the text NEVER, so nothing is replaced, and what is there is told. */
  private async read(name: string): Promise<string> {
    const now = this.clock();
    return (await this.store.memo(APP, name, { text: NEVER, instead: NEVER, until: now + 1 }, now)) ?? '';
  }
}
