/**
 * Lists of an app: the partitions merged in order of activity. First only positions (24 bytes each) are read, then the
 * records of those that make the page. A session that was touched in between stands elsewhere by then, and is left to
 * where it stands; one that ended is left out, and so is one that cannot be read.
 */
import { byActivity, type Position, readCursor, writeCursor } from '../../core/cursor.ts';
import { ServiceError } from '../../core/errors.ts';
import type { Session } from '../../core/session.ts';
import type { ListQuery, Page } from '../../core/store.ts';
import { ID_LENGTH } from '../../core/token.ts';
import type { FanOut } from './fan-out.ts';
import { ALL_PARTITIONS, type Keys } from './keys.ts';
import type { ScriptCalls } from './script-calls.ts';

const POSITION_LENGTH = 24;
/** Index entries have whole seconds. */
const SECOND = 1000;

/** Positions read in one step, but for a second that has more. */
const STEP = 250;

/** How far a partition has been read. */
interface Reading {
  readonly partition: string;
  /** Where the next step begins, as positions.lua wants it; null when all was read. */
  from: string | null;
  /** All sessions seen at this instant or later are known. */
  knownTo: number;
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
    const from = after === null ? '+inf' : String(after.lastSeenAt - (after.lastSeenAt % SECOND));
    const readings: Reading[] = ALL_PARTITIONS.map((partition) => ({
      partition,
      from,
      knownTo: Number.POSITIVE_INFINITY,
    }));
    // An even share of the page and some: partitions are even by their hash, small pages are not by chance.
    const share = 3 + Math.ceil((query.limit / ALL_PARTITIONS.length) * 1.5);
    const sessions: Session[] = [];
    let waiting: Position[] = [];
    for (;;) {
      const { at, positions } = await this.advance(app, readings, share, query, now);
      const fresh = after === null ? positions : positions.filter((position) => byActivity(after, position) < 0);
      waiting = [...waiting, ...fresh].sort(byActivity);
      const open = readings.filter((reading) => reading.from !== null);
      const knownTo = Math.max(Number.NEGATIVE_INFINITY, ...open.map((reading) => reading.knownTo));
      const known = waiting.filter(({ lastSeenAt }) => lastSeenAt >= knownTo);
      const page = await this.take(app, known, query.limit, sessions, now);
      if (page !== null) return { ...page, at };
      if (open.length === 0) return { sessions, cursor: null, at };
      waiting = waiting.slice(known.length);
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
        if (visit === null || visit instanceof ServiceError || visit.session.lastSeenAt !== next[n]!.lastSeenAt)
          continue;
        if (sessions.length === limit) return { sessions, cursor: writeCursor(sessions.at(-1)!) };
        sessions.push(visit.session);
      }
    }
    return null;
  }

  /** Reads the next positions of each partition. Gives them, and the latest instant a script decided by. */
  private async advance(app: string, readings: Reading[], share: number, query: ListQuery, now: number) {
    let latest: number | null = null;
    const positions: Position[] = [];
    const open = new Map(readings.filter(({ from }) => from !== null).map((reading) => [reading.partition, reading]));
    const since = query.activeSince ?? 0;
    const groups = this.fanOut.groups().map((group) => group.flatMap((partition) => open.get(partition) ?? []));
    await this.fanOut.each(
      groups.filter((group) => group.length > 0),
      async (group) => {
        for (let rest = group; rest.length > 0; ) {
          const keys = rest.flatMap(({ partition }) => {
            const [sessions, , activity] = this.keys.partition(app, partition);
            return [sessions!, activity!];
          });
          const args = [now, since, share, STEP, ...rest.map(({ from }) => from!)];
          const [at, ...answers] = (await this.calls.call('positions', keys, now, args))!;
          latest = Math.max(latest ?? 0, at);
          const read = rest.slice(0, answers.length / 2);
          for (const [i, reading] of read.entries()) {
            positions.push(...readPositions(answers[i * 2] as Buffer));
            const last = String(answers[i * 2 + 1]);
            reading.from = last === '' ? null : `(${last}`;
            reading.knownTo = Number(last);
          }
          rest = rest.slice(read.length);
        }
      },
    );
    return { at: latest ?? now, positions };
  }
}

function readPositions(text: Buffer): Position[] {
  return Array.from({ length: text.length / POSITION_LENGTH }, (_, i) => {
    const offset = i * POSITION_LENGTH;
    const id = text.toString('latin1', offset, offset + ID_LENGTH);
    return { id, lastSeenAt: text.readDoubleBE(offset + ID_LENGTH) };
  });
}
