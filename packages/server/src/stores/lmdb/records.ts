/**
 * The walk over the records of an app, whole and by id, which nothing moves: that is how the sessions table stands. Each part
 * reads the newest state, with what this process has pending, and goes on where the one before ended. So it holds no old
 * state, however long it takes, and the file may use its free pages again meanwhile.
 *
 * Rejected: one snapshot for the whole walk. What ends while it lasts could not give its pages back, and a copy of what a
 * server holds would be as old as its beginning.
 */
import { readIdCursor, writeIdCursor } from '../../core/cursor.ts';
import { isLive } from '../../core/expiry.ts';
import type { RecordsPage, StoredSession } from '../../core/stored-session.ts';
import { sessionKey, under } from './keys.ts';
import { unpackRecord } from './record.ts';
import type { Tables } from './tables.ts';
import type { WriteBehind } from './write-behind.ts';

/** Records read in one turn of the event loop, which takes a millisecond or two. */
const TOGETHER = 100;
/** A part ends with the session that makes its data longer than this. Units: characters. */
const MOST_DATA = 1_048_576;

export class Records {
  private readonly tables: Tables;
  private readonly seen: WriteBehind;
  private readonly decidedAt: (now: number) => number;

  constructor(tables: Tables, seen: WriteBehind, decidedAt: (now: number) => number) {
    this.tables = tables;
    this.seen = seen;
    this.decidedAt = decidedAt;
  }

  /** As SessionStore.records. */
  async part(app: string, cursor: string | null, limit: number, now: number): Promise<RecordsPage> {
    const records: StoredSession[] = [];
    let after: string | null = readIdCursor(cursor).id;
    let data = 0;
    while (after !== null && records.length < limit && data <= MOST_DATA) {
      const from: string = after;
      const slice = await this.tables.read(() =>
        this.slice(app, from, Math.min(TOGETHER, limit - records.length), now),
      );
      for (const record of slice.records) {
        records.push(record);
        data += record.session.data.length;
      }
      after = slice.last;
    }
    return { records, cursor: after === null ? null : writeIdCursor({ id: after }) };
  }

  /** Reads up to `limit` records behind an id, in one turn. `last`: the id to go on behind; null at the end. */
  private slice(app: string, after: string, limit: number, now: number) {
    const { homes, sessions } = this.tables;
    const home = homes.of(app);
    const at = this.decidedAt(now);
    const range = { start: sessionKey(home, after), end: under(home).end, exclusiveStart: after !== '', limit };
    const records: StoredSession[] = [];
    let read = 0;
    let data = 0;
    let last = '';
    for (const { key, value } of sessions.getRange(range)) {
      const stored = unpackRecord(value);
      const session = this.seen.current(key, stored);
      if (isLive(session, at)) records.push({ session, credential: stored.credential });
      read++;
      last = session.id;
      data += session.data.length;
      if (data > MOST_DATA) return { records, last };
    }
    return { records, last: read < limit ? null : last };
  }
}
