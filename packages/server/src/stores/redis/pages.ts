/**
 * Lists of an app: the partitions merged in order of activity. First only positions (24 bytes each) are read, then the
 * records of those that make the page. A session that was touched in between stands elsewhere by then, and is left to
 * where it stands; one that ended is left out.
 */
import { byActivity, type Position, readCursor, writeCursor } from '../../core/cursor.ts';
import type { Session } from '../../core/session.ts';
import type { ListQuery, Page } from '../../core/store.ts';
import type { FanOut } from './fan-out.ts';
import { ALL_PARTITIONS, type Keys } from './keys.ts';
import type { ScriptCalls } from './script-calls.ts';

const POSITION_LENGTH = 24;
const ID_LENGTH = 16;

/** How far a partition has been read. */
interface Reading {
  readonly partition: string;
  /** The last position that was read; null at the beginning. */
  last: Position | null;
  more: boolean;
}

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
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    const readings: Reading[] = ALL_PARTITIONS.map((partition) => ({ partition, last: after, more: true }));
    // An even share of the page and some: partitions are even by their hash, small pages are not by chance.
    const share = 8 + Math.ceil((query.limit / ALL_PARTITIONS.length) * 2);
    const sessions: Session[] = [];
    let waiting: Position[] = [];
    let at = now;
    for (;;) {
      const fresh: Position[] = [];
      at = await this.advance(app, readings, share, query, now, fresh);
      waiting = [...waiting, ...fresh].sort(byActivity);
      const frontier = readings.flatMap(({ more, last }) => (more && last !== null ? [last] : [])).sort(byActivity)[0];
      const known =
        frontier === undefined ? waiting.length : waiting.findLastIndex((p) => byActivity(p, frontier) <= 0) + 1;
      const page = await this.take(app, waiting.slice(0, known), query.limit, sessions, now);
      if (page !== null) return { ...page, at };
      if (frontier === undefined) return { sessions, cursor: null, at };
      waiting = waiting.slice(known);
    }
  }

  /** Fetches records in order until one more than the limit was found: then the page is complete. */
  private async take(app: string, positions: Position[], limit: number, sessions: Session[], now: number) {
    for (let i = 0; i < positions.length; ) {
      const next = positions.slice(i, i + limit + 1 - sessions.length);
      i += next.length;
      const visits = await this.fanOut.find(
        app,
        next.map(({ id }) => id),
        now,
      );
      for (const [n, visit] of visits.entries()) {
        if (visit === null || visit.session.lastSeenAt !== next[n]!.lastSeenAt) continue;
        if (sessions.length === limit) return { sessions, cursor: writeCursor(sessions.at(-1)!) };
        sessions.push(visit.session);
      }
    }
    return null;
  }

  /** Reads the next positions of the partitions that the frontier waits for. Gives the instant. */
  private async advance(
    app: string,
    readings: Reading[],
    share: number,
    query: ListQuery,
    now: number,
    fresh: Position[],
  ) {
    let at = now;
    const open = new Map(readings.filter(({ more }) => more).map((reading) => [reading.partition, reading]));
    const since = query.activeSince ?? Number.MIN_SAFE_INTEGER;
    const groups = this.fanOut.groups().map((group) => group.flatMap((partition) => open.get(partition) ?? []));
    await this.fanOut.each(
      groups.filter((group) => group.length > 0),
      async (group) => {
        const keys = group.map(({ partition }) => this.keys.partition(app, partition)[2]!);
        const from = group.map(({ last }) => last?.lastSeenAt ?? '+inf');
        const answer = (await this.calls.call('positions', keys, now, [now, since, share, ...from]))!;
        at = Math.max(answer[0], at === now ? 0 : at);
        group.forEach((reading, i) => {
          const text = answer[1 + i * 2] as Buffer;
          for (let offset = 0; offset < text.length; offset += POSITION_LENGTH) {
            const id = text.toString('latin1', offset, offset + ID_LENGTH);
            const position = { id, lastSeenAt: text.readDoubleBE(offset + ID_LENGTH) };
            // Equal instants come again with each step: those up to the last position are known.
            if (reading.last !== null && byActivity(reading.last, position) >= 0) continue;
            fresh.push(position);
            reading.last = position;
          }
          reading.more = answer[2 + i * 2] === 1;
        });
      },
    );
    return at;
  }
}
