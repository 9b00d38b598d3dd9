/** Memos of the embedded store: short texts under a name, until an instant. No session, so in tables of their own. */
import type { Database } from 'lmdb';
import type { Memo } from '../../core/store.ts';
import type { Environment } from './environment.ts';
import { dueKey, dueUntil, keyOfDue, memoKey } from './keys.ts';

type StoredMemo = readonly [text: string, until: number];

export class Memos {
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
  put(app: string, name: string, { text, instead, until }: Memo, now: number): string | null {
    const key = memoKey(app, name);
    const held = this.memos.get(key);
    const present = held !== undefined && now < held[1] ? held[0] : null;
    if (present !== instead) return present ?? '';
    if (held !== undefined) void this.due.remove(dueKey(held[1], app, name));
    void this.memos.put(key, [text, until]);
    void this.due.put(dueKey(until, app, name), true);
    return null;
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
