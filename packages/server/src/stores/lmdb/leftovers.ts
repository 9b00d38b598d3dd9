/**
 * Removes what is left in the homes that apps have left (homes.ts): nobody sees it any more, so it is garbage. Where an app has a journal,
 * each record is told of in the transaction that removes it, which is once, whoever removes it (app-ends.ts). A few
 * milliseconds at a time, with as long a pause behind, so that nobody waits for it. Each slice is a transaction of its own:
 * if the process dies, the next one to open or to sweep the folder goes on where it stopped; several may do it at once.
 *
 * Each table is emptied in the order of its keys, which changes each page once. Rejected: session by session with all its
 * entries, which lie on as many pages: five times as long.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from 'lmdb';
import type { AppEnds } from './app-ends.ts';
import { appOf, homeOf, keyOfDue, under } from './keys.ts';
import { smaller } from './slices.ts';
import type { Tables } from './tables.ts';

/** Entries removed in one transaction at most, and for how long at most. Units of the latter: milliseconds. */
const SLICE = 1000;
const REMOVE_FOR = 4;
/** Entries of `due` looked at between two turns of the event loop. */
const LOOK_SLICE = 1000;

export class Leftovers {
  private readonly tables: Tables;
  private readonly ends: AppEnds;
  private readonly onError: (error: unknown) => void;
  private running: Promise<void> | null = null;
  private asked = false;
  private readonly stopped = new AbortController();

  constructor(tables: Tables, ends: AppEnds, onError: (error: unknown) => void) {
    this.tables = tables;
    this.ends = ends;
    this.onError = onError;
  }

  /** Removes all there is. Resolves when nothing is left, or it was stopped or has failed. */
  remove(): Promise<void> {
    this.asked = true;
    this.running ??= this.removeAll();
    return this.running;
  }

  /** Ends it after the slice that is under way. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async removeAll(): Promise<void> {
    try {
      // What was left after the last look at it is not forgotten.
      while (this.asked && !this.stopped.signal.aborted) {
        this.asked = false;
        const leftovers = await this.tables.read(() => this.tables.homes.leftovers());
        for (const { home } of leftovers) await this.empty(home);
        await this.tidy();
      }
    } catch (error) {
      // What is left is removed with a later sweep.
      if (!this.stopped.signal.aborted) this.onError(error);
    } finally {
      this.running = null;
    }
  }

  /** Lets apps that have nothing anywhere begin again in their first home. */
  private async tidy(): Promise<void> {
    const { homes, sessions } = this.tables;
    if (this.stopped.signal.aborted || (await this.tables.read(() => homes.isPlain()))) return;
    // By the sessions themselves: counts that are wrong must neither hide some nor bring some back.
    const isEmpty = (home: string) => sessions.getKeysCount({ ...under(home), limit: 1 }) === 0;
    await this.tables.transaction(() => homes.tidy(isEmpty));
  }

  private async empty(home: string): Promise<void> {
    const { sessions, subjects, activity, aliases, homes } = this.tables;
    const tables = [sessions, subjects, activity, aliases] as Database<unknown, string>[];
    const keysOf = (table: Database<unknown, string>, limit: number) => [...table.getKeys({ ...under(home), limit })];
    const isEmpty = () => tables.every((table) => keysOf(table, 1).length === 0);
    // Another process may have emptied it first, and the app have come back to it and left it once more.
    for (let done = false; !done && !this.stopped.signal.aborted; ) {
      for (const table of tables) while ((await this.removeSome(home, table, () => keysOf(table, SLICE))) > 0);
      await this.emptyDue(home);
      if (this.stopped.signal.aborted) return;
      done = await this.tables.transaction(() => {
        if (homes.of(appOf(home)) === home) return true;
        const empty = isEmpty();
        if (!empty) return false;
        homes.emptied(home);
        this.ends.forget(home);
        return true;
      });
    }
  }

  /** `due` is in the order of time, so those of the home stand among all others. */
  private async emptyDue(home: string): Promise<void> {
    const { due } = this.tables;
    for (let start = ''; !this.stopped.signal.aborted; ) {
      const keys = await this.tables.read(() => [...due.getKeys({ start, exclusiveStart: true, limit: LOOK_SLICE })]);
      let own = keys.filter((key) => homeOf(keyOfDue(key)) === home);
      for (let removed = 1; own.length > 0 && removed > 0; own = own.slice(removed)) {
        removed = await this.removeSome(home, due, () => own);
      }
      if (keys.length < LOOK_SLICE) return;
      start = keys.at(-1)!;
    }
  }

  /** Removes some of the next keys of a table, and takes a pause. Gives how many; none when it was stopped. */
  private async removeSome(
    home: string,
    table: Database<unknown, string>,
    next: () => readonly string[],
  ): Promise<number> {
    const { homes } = this.tables;
    if (this.stopped.signal.aborted) return 0;
    const began = performance.now();
    const slice = (most: number) => () => {
      // Another process may have emptied it, so that the app begins again in it.
      if (homes.of(appOf(home)) === home) return 0;
      const keys = next().slice(0, most);
      const end = table === this.tables.sessions ? this.ends.of(home) : undefined;
      const until = performance.now() + REMOVE_FOR;
      let removed = 0;
      // One in any case: none says that there are no more.
      while (removed < keys.length && (removed === 0 || performance.now() < until)) {
        const key = keys[removed++]!;
        if (end !== undefined) this.ends.tell(key, end);
        void table.remove(key);
      }
      if (table === this.tables.sessions) homes.removed(home, removed);
      return removed;
    };
    const removed = await smaller((most) => this.tables.transaction(slice(most)), SLICE);
    await delay(performance.now() - began, undefined, { signal: this.stopped.signal }).catch(() => {});
    return removed;
  }
}
