/**
 * Memos of the embedded store: short texts under a name, until an instant. No session, so in tables of their own. Locks stand
 * among them (core/lock-table.ts), because they are such texts, too: no older version stumbles over them, and each sweeps them.
 */
import type { Database } from 'lmdb';
import type { Texts } from '../../core/lock-table.ts';
import type { Memo } from '../../core/store.ts';
import type { Environment } from './environment.ts';
import { dueKey, dueUntil, keyOfDue, memoKey } from './keys.ts';

type StoredMemo = readonly [text: string, until: number];

export class Memos implements Texts {
  private readonly memos: Database<StoredMemo, string>;
  private readonly due: Database<true, string>;

  constructor(environment: Environment, namespace: string) {
    this.memos = environment.openTable(`${namespace}:memos`, 'msgpack');
    this.due = environment.openTable(`${namespace}:memoDue`, 'msgpack');
  }

  get tables() {
    return { memos: this.memos, memoDue: this.due };
  }

  /** As SessionStore.memo. In a transaction. */
  memo(app: string, name: string, { text, instead, until }: Memo, now: number): string | null {
    const present = this.present(app, name, now);
    if (present !== instead) return present ?? '';
    this.put(app, name, text, until);
    return null;
  }

  /** Absence: null when there is none, or its time is over. */
  present(app: string, name: string, now: number): string | null {
    const held = this.memos.get(memoKey(app, name));
    return held !== undefined && now < held[1] ? held[0] : null;
  }

  get(app: string, name: string): string | null {
    return this.memos.get(memoKey(app, name))?.[0] ?? null;
  }

  /** In a transaction. */
  put(app: string, name: string, text: string, until: number): void {
    this.remove(app, name);
    void this.memos.put(memoKey(app, name), [text, until]);
    void this.due.put(dueKey(until, app, name), true);
  }

  /** In a transaction. */
  remove(app: string, name: string): void {
    const key = memoKey(app, name);
    const held = this.memos.get(key);
    if (held === undefined) return;
    void this.due.remove(dueKey(held[1], app, name));
    void this.memos.remove(key);
  }

  /** Removes up to `limit` that are over, and gives how many. In a transaction. */
  sweep(now: number, limit: number): number {
    const keys = [...this.due.getKeys({ ...dueUntil(now), limit })];
    for (const key of keys) {
      void this.due.remove(key);
      void this.memos.remove(keyOfDue(key));
    }
    return keys.length;
  }
}
