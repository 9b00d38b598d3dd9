/**
 * Walks over very many entries, cut so that they hold nobody up: a turn of the event loop after a few milliseconds of
 * reading, and transactions that change few enough pages.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, Transaction } from 'lmdb';
import { isFull } from './room.ts';

/** Entries read at once: where the record of each is read, too, and where not. */
const READ_SLICE = 100;
export const INDEX_SLICE = 500;
/** How long a walk that reads may go on before others have a turn. Units: milliseconds. */
const READ_FOR = 2;
/** Sessions ended, or due entries looked at, in one transaction. */
export const WRITE_SLICE = 200;

export interface Range {
  readonly start: string;
  readonly end: string;
  readonly exclusiveStart?: boolean;
  readonly reverse?: boolean;
}

/** Walks a range of a table on a snapshot. Gives its entries some at a time, with a turn of the event loop now and then. */
export async function* slices<V>(table: Database<V, string>, range: Range, snapshot: Transaction, limit = READ_SLICE) {
  let next = range;
  let began = performance.now();
  for (;;) {
    const entries = [...table.getRange({ ...next, limit, transaction: snapshot })];
    yield entries;
    if (entries.length < limit) return;
    next = { ...range, start: entries.at(-1)!.key, exclusiveStart: true };
    if (performance.now() - began < READ_FOR) continue;
    await nextTurn();
    began = performance.now();
  }
}

/** Runs a slice, and again with fewer sessions when a full disk has no room for the pages that it changes. */
export async function smaller<T>(slice: (size: number) => Promise<T>, most = WRITE_SLICE): Promise<T> {
  for (let size = most; ; size = Math.ceil(size / 8)) {
    try {
      return await slice(size);
    } catch (error) {
      if (size === 1 || !isFull(error)) throw error;
    }
  }
}
