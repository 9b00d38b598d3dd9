/**
 * Lists of an app: the partitions merged in order of activity, in three steps. The index tells which sessions stand in which
 * second: a few entries of each partition. The records of the seconds that the page ends in tell the order within them. Then
 * the records themselves are read. So a page costs what it shows, and not what the app has.
 *
 * A session that is touched after the first step is shown all the same, in its place of before: elsewhere the walk would have
 * gone by already. One that ended is left out, and so is one that cannot be read.
 */
import { byActivity, firstAfter, type Position, pageOf, readCursor, writeCursor } from '../../core/cursor.ts';
import { ServiceError } from '../../core/errors.ts';
import type { Session } from '../../core/session.ts';
import type { ListQuery, Page } from '../../core/store.ts';
import { ID_LENGTH, partitionOf } from '../../core/token.ts';
import { parts } from './answers.ts';
import type { FanOut } from './fan-out.ts';
import type { Keys } from './keys.ts';
import { cursorPlace, OrderWalk } from './order-walk.ts';
import { Latest, type Place, Places } from './places.ts';
import { packText } from './record.ts';
import type { ScriptCalls } from './script-calls.ts';
import { visitIn } from './steps.ts';

/** Sessions of a subject that are read in one step, records and all. */
const FEW = 32;
/** Records read before it is looked whether they are enough. */
const READ_TOGETHER = 256;
/** The same of those with data apart, which may be 64 KiB each. */
const APART_TOGETHER = 64;

export class Pages {
  private readonly fanOut: FanOut;
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly places: Places;

  constructor(fanOut: FanOut, calls: ScriptCalls, keys: Keys) {
    this.fanOut = fanOut;
    this.calls = calls;
    this.keys = keys;
    this.places = new Places(fanOut, calls, keys);
  }

  /** Gives a page of an app. */
  async list(app: string, query: ListQuery, now: number): Promise<Page> {
    const { limit, activeSince } = query;
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    const walk = new OrderWalk(this.fanOut, this.calls, this.keys, this.places, {
      app,
      activeSince,
      after,
      limit,
      now,
    });
    const page = await this.cut(app, query, now, (count) => walk.next(count));
    const { at, exactTo } = walk;
    return { ...page, at, ...(exactTo !== null && { exactTo }) };
  }

  /** Gives a page of a subject. Nearly everyone's few come in one step. */
  async ofSubject(app: string, subject: string, query: ListQuery, now: number): Promise<Page> {
    const [sessions, data, , , subjects] = this.keys.partition(app, partitionOf(subject)) as string[];
    const args = [packText(subject), FEW];
    const answer = (await this.calls.call('of-subject', [sessions!, data!, subjects!], now, args))!;
    const [at, ids] = parts(answer, 'number', 'bytes');
    const [texts] = parts([answer.slice(2)], 'list');
    const { activeSince } = query;
    if (ids.length === 0) {
      const since = activeSince === undefined ? 0 : activeSince + at - now;
      const all = texts.map((text) => visitIn(text, app, at).session);
      return {
        ...pageOf(
          all.filter(({ lastSeenAt }) => lastSeenAt >= since),
          query,
        ),
        at,
      };
    }
    const latest = new Latest();
    latest.note(at);
    const places = await this.places.of({ app, activeSince, now }, idsIn(ids), latest);
    const batches = [firstAfter(places, query)];
    const page = await this.cut(app, query, now, async () => batches.shift() ?? null);
    return { ...page, at: latest.at };
  }

  /** Cuts a page out of places that come in order. `next` gives some, about as many as asked for; null after the last. */
  private async cut(
    app: string,
    { limit, maxData = Number.POSITIVE_INFINITY }: ListQuery,
    now: number,
    next: (count: number) => Promise<readonly Place[] | null>,
  ): Promise<Pick<Page, 'sessions' | 'cursor'>> {
    const sessions: Session[] = [];
    let last: Position | null = null;
    let data = 0;
    for (;;) {
      const wanted = limit + 1 - sessions.length;
      const places = await next(wanted);
      if (places === null) return { sessions: sessions.sort(byActivity), cursor: null };
      for await (const [place, session] of this.records(app, places, wanted, now)) {
        if (sessions.length === limit || data > maxData) {
          return { sessions: sessions.sort(byActivity), cursor: writeCursor(cursorPlace(last!)) };
        }
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

function idsIn(text: Buffer): { readonly id: string }[] {
  return Array.from({ length: text.length / ID_LENGTH }, (_, i) => ({
    id: text.toString('latin1', i * ID_LENGTH, (i + 1) * ID_LENGTH),
  }));
}
