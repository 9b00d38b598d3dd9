/**
 * The walk over the records of an app: partition after partition, in each by id. A hash of Redis has no order that a walk
 * could go by. So all ids of a partition are read in one step (3 to 5 ms of Redis for 40,000, which are those of an app with
 * ten million sessions), sorted here, and their records are read some at a time.
 *
 * The ids that the next part goes on with are kept for it, for a few walks, under the mark that its cursor has. Where they are
 * not kept any more they are read again.
 *
 * Rejected: HSCAN, which gives a session twice while its hash grows.
 */
import { readIdCursor, writeIdCursor } from '../../core/cursor.ts';
import type { RecordsPage, StoredSession } from '../../core/stored-session.ts';
import { ID_LENGTH, randomText } from '../../core/token.ts';
import type { Aliases } from './aliases.ts';
import { parts } from './answers.ts';
import { ALL_PARTITIONS, type Keys, partitionOfId } from './keys.ts';
import { unpackStored, unreadable } from './record.ts';
import type { ScriptCalls } from './script-calls.ts';

/** So many partitions have their ids read at once, where they have few. */
const MOST_AHEAD = 16;
/** Records read in one step, which ends early where they are long: half a millisecond of Redis. Units: records, bytes. */
const TOGETHER = 50;
const STEP_BYTES = 65_536;
/** Steps that are under way. */
const UNDER_WAY = 4;
/** A part ends with the step that makes its data longer than this. Units: characters. */
const MOST_DATA = 1_048_576;
/** Walks whose next ids are kept. */
const KEPT = 4;
const MARK_LENGTH = 8;
/** What lua/records.lua answers for what may be a copy that was not finished. */
const MAYBE_COPY = 1;

export class Records {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly aliases: Aliases;
  private readonly kept = new Map<string, readonly string[]>();

  constructor(calls: ScriptCalls, keys: Keys, aliases: Aliases) {
    this.calls = calls;
    this.keys = keys;
    this.aliases = aliases;
  }

  /** As SessionStore.records. */
  async part(app: string, cursor: string | null, limit: number, now: number): Promise<RecordsPage> {
    const { id: after, mark } = readIdCursor(cursor);
    const records: StoredSession[] = [];
    let from = after === '' ? 0 : ALL_PARTITIONS.indexOf(partitionOfId(after));
    let ids = this.taken(mark);
    if (ids === undefined && after !== '') {
      ids = (await this.idsOf(app, ALL_PARTITIONS[from]!, now)).filter((id) => id > after);
    }
    if (ids !== undefined) from++;
    let data = 0;
    let ahead = 1;
    let last = after;
    for (let left = ids ?? []; ; ) {
      if (left.length === 0) {
        if (from >= ALL_PARTITIONS.length) return { records, cursor: null };
        const next = ALL_PARTITIONS.slice(from, from + ahead);
        left = (await Promise.all(next.map((partition) => this.idsOf(app, partition, now)))).flat();
        from += next.length;
        ahead = left.length < TOGETHER * next.length ? Math.min(2 * ahead, MOST_AHEAD) : 1;
        continue;
      }
      const asked = left.slice(0, Math.min(limit - records.length, UNDER_WAY * TOGETHER));
      const { found, looked } = await this.read(app, asked, now);
      for (const record of found) data += record.session.data.length;
      records.push(...found);
      last = asked[looked - 1]!;
      left = left.slice(looked);
      if (records.length < limit && data <= MOST_DATA) continue;
      if (left.length === 0 && from >= ALL_PARTITIONS.length) return { records, cursor: null };
      return { records, cursor: this.keep(last, left) };
    }
  }

  /** Gives the ids of a partition, in order. */
  private async idsOf(app: string, partition: string, now: number): Promise<string[]> {
    const answer = (await this.calls.call('ids', [this.keys.partition(app, partition)[0]!], now, []))!;
    const [, text] = parts(answer, 'number', 'text');
    const ids: string[] = [];
    for (let at = 0; at < text.length; at += ID_LENGTH) ids.push(text.slice(at, at + ID_LENGTH));
    return ids.sort();
  }

  /** Reads the records of ids, from the first on without a gap. `looked`: how many ids that was, at least one. */
  private async read(app: string, ids: readonly string[], now: number) {
    const groups: string[][] = [];
    for (const id of ids) {
      const group = groups.at(-1);
      if (group === undefined || group.length === TOGETHER || partitionOfId(group[0]!) !== partitionOfId(id)) {
        groups.push([id]);
      } else group.push(id);
    }
    const found: StoredSession[] = [];
    let looked = 0;
    const answers = await Promise.all(groups.slice(0, UNDER_WAY).map((group) => this.step(app, group, now)));
    for (const [i, answer] of answers.entries()) {
      const group = groups[i]!;
      for (const record of answer) if (record !== null) found.push(record);
      looked += answer.length;
      if (answer.length < group.length) break;
    }
    return { found, looked };
  }

  /** Reads sessions of one partition, the first of those that are asked for. Absence: null, in its place. */
  private async step(
    app: string,
    ids: readonly string[],
    now: number,
    copies = false,
  ): Promise<(StoredSession | null)[]> {
    const keys = ids.flatMap((id) => [...this.keys.ofSession(app, id).slice(0, 2), this.keys.copied(app, id)]);
    const [, ...visits] = (await this.calls.call('records', keys, now, [STEP_BYTES, Number(copies), ...ids]))!;
    return Promise.all(
      visits.map(async (visit, i) => {
        const id = ids[i]!;
        if (visit === null) return null;
        // A copy that was not finished: its token has never opened it, and opens the session that it is a copy of.
        if (visit === MAYBE_COPY && (await this.aliases.isUnfinished(app, id))) return null;
        if (visit === MAYBE_COPY) return (await this.step(app, [id], now, true))[0]!;
        if (!Buffer.isBuffer(visit)) throw unreadable(visit);
        return unpackStored(visit, app, id);
      }),
    );
  }

  private taken(mark: string | undefined): readonly string[] | undefined {
    if (mark === undefined) return undefined;
    const ids = this.kept.get(mark);
    this.kept.delete(mark);
    return ids;
  }

  /** Keeps the ids for the next part. Gives its cursor. */
  private keep(last: string, ids: readonly string[]): string {
    // Only those of its partition: the next part finds the others by it.
    const own = ids.filter((id) => partitionOfId(id) === partitionOfId(last));
    const mark = randomText(MARK_LENGTH);
    this.kept.set(mark, own);
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > KEPT && oldest !== undefined) this.kept.delete(oldest);
    return writeIdCursor({ id: last, mark });
  }
}
