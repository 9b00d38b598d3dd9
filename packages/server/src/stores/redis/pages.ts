/**
 * Lists of an app: the partitions merged in order of activity, in three steps. The index tells which sessions stand in which
 * second: a few entries of each partition. The records of the seconds that the page ends in tell the order within them. Then
 * the records themselves are read. So a page costs what it shows, and not what the app has.
 *
 * A session that is touched after the first step is shown all the same, in its place of before: elsewhere the walk would have
 * gone by already. One that ended is left out, and so is one that cannot be read.
 */
import { byActivity, type Position, readCursor, writeCursor } from '../../core/cursor.ts';
import { ServiceError } from '../../core/errors.ts';
import type { Session } from '../../core/session.ts';
import type { ListQuery, Page } from '../../core/store.ts';
import type { FanOut } from './fan-out.ts';
import type { Keys } from './keys.ts';
import { cursorPlace, OrderWalk, type Place } from './order-walk.ts';
import type { ScriptCalls } from './script-calls.ts';

/** Records read before it is looked whether they are enough. */
const READ_TOGETHER = 256;
/** The same of those with data apart, which may be 64 KiB each. */
const APART_TOGETHER = 64;

export class Pages {
  private readonly fanOut: FanOut;
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;

  constructor(fanOut: FanOut, calls: ScriptCalls, keys: Keys) {
    this.fanOut = fanOut;
    this.calls = calls;
    this.keys = keys;
  }

  async list(app: string, query: ListQuery, now: number): Promise<Page> {
    const { limit, maxData = Number.POSITIVE_INFINITY, activeSince } = query;
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    const walk = new OrderWalk(this.fanOut, this.calls, this.keys, { app, activeSince, after, limit, now });
    const sessions: Session[] = [];
    let last: Position | null = null;
    let data = 0;
    const page = (cursor: string | null): Page => {
      const { at, since } = walk;
      return { sessions: sessions.sort(byActivity), cursor, at, ...(since !== undefined && { since }) };
    };
    for (;;) {
      const places = await walk.next(limit + 1 - sessions.length);
      if (places === null) return page(null);
      for await (const [place, session] of this.records(app, places, limit + 1 - sessions.length, now)) {
        if (sessions.length === limit || data > maxData) return page(writeCursor(cursorPlace(last!)));
        sessions.push(session);
        data += session.data.length;
        last = place;
      }
    }
  }

  /** Reads the records of places one after the other: about as many as are wanted at once, but never very much data. */
  private async *records(app: string, places: readonly Place[], wanted: number, now: number) {
    let left = wanted;
    for (let i = 0; i < places.length; ) {
      const most = Math.min(READ_TOGETHER, Math.max(left, 1));
      const slice = places.slice(i, i + most);
      const short = !slice.some(({ apart }) => apart);
      const next = short ? slice : slice.slice(0, APART_TOGETHER);
      i += next.length;
      const ids = next.map(({ id }) => id);
      const visits = await this.fanOut.find(app, ids, now, short);
      for (const [n, visit] of visits.entries()) {
        if (visit === null || visit instanceof ServiceError) continue;
        left--;
        yield [next[n]!, visit.session] as const;
      }
    }
  }
}
