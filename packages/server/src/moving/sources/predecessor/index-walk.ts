/**
 * What an index of an app counts and is not there: sessions that were ended by a wipe which took their id for a shorter one (it ends
 * an id at its first colon), or whose keys were evicted. The old server goes on to count them for ever.
 */
import type { RedisServer } from '../redis-server.ts';
import { type Layout, readEntry } from './layout.ts';
import { isWrongType, shown } from './old-session.ts';

/** How many entries are looked at in one step. */
const STEP = '1000';

/** `gone`: the user id of a session that is counted and gone. `wrong_type`: the index is none; its key. */
export interface Stray {
  readonly reason: 'gone' | 'wrong_type';
  readonly example: string;
}

/** Walks through the index of an app and gives what is wrong with it. Errors: when Redis does not answer. */
export async function* straysOf(redis: RedisServer, layout: Layout, app: string): AsyncGenerator<Stray> {
  const index = layout.index(app);
  let cursor = '0';
  do {
    let answer: [Buffer, Buffer[]];
    try {
      answer = (await redis.send('ZSCAN', [index, cursor, 'COUNT', STEP])) as [Buffer, Buffer[]];
    } catch (error) {
      if (!isWrongType(error)) throw error;
      yield { reason: 'wrong_type', example: index };
      return;
    }
    cursor = answer[0].toString();
    const entries = answer[1].filter((_, i) => i % 2 === 0).map(String);
    if (await areAllThere(redis, layout, app, entries)) continue;
    const missing = await Promise.all(entries.map((entry) => isMissing(redis, layout, app, entry)));
    for (const [i, entry] of entries.entries()) {
      if (missing[i]) yield { reason: 'gone', example: shown(readEntry(entry)?.id ?? app) };
    }
  } while (cursor !== '0');
}

/** Asks of all at once, where that can be asked: nearly always, nothing is missing. */
async function areAllThere(redis: RedisServer, layout: Layout, app: string, entries: readonly string[]) {
  if (entries.length === 0) return true;
  if (!redis.anySlot) return false;
  const keys = entries.map((entry) => layout.session(app, readEntry(entry)?.token ?? ''));
  return Number(await redis.send('EXISTS', keys)) === entries.length;
}

async function isMissing(redis: RedisServer, layout: Layout, app: string, entry: string): Promise<boolean> {
  const token = readEntry(entry)?.token ?? '';
  if (Number(await redis.send('EXISTS', [layout.session(app, token)])) > 0) return false;
  // It may have been ended in this very moment, as it should be.
  return (await redis.send('ZSCORE', [layout.index(app), entry])) !== null;
}
