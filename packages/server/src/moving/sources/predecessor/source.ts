/**
 * The sessions of redis-sessions 2.x to 4.x (and of rest-sessions 2.x, which stands on it) as a source: read from its Redis, while
 * the old side goes on serving. All keys of the namespace are walked through, not only the indexes: what redis-sessions answers
 * stands in the keys of the sessions alone, and an index can be wrong in both directions.
 */
import type { StoredSession } from '../../../core/stored-session.ts';
import type { Found, Removed, Source } from '../../source.ts';
import type { RedisServer } from '../redis-server.ts';
import { ahead } from './ahead.ts';
import { GroupReader } from './group-read.ts';
import { straysOf } from './index-walk.ts';
import type { Fields, Layout } from './layout.ts';
import { isWrongType, readingOf } from './old-session.ts';
import { removeSession } from './removal.ts';
import { type Page, walk } from './walk.ts';

export interface PredecessorOptions {
  readonly redis: RedisServer;
  readonly layout: Layout;
  /** The one app that is read. Absence: null for all. */
  readonly app: string | null;
  /** Whether a session is removed there once it is here. */
  readonly removes: boolean;
  /** Units: epoch milliseconds. */
  readonly clock: () => number;
}

/** Of a session that is read once more, outside of the walk. */
const NOWHERE = { position: '' };

/** A session as it was read. */
interface Origin {
  readonly app: string;
  readonly token: string;
  readonly fields: Fields;
}

/** Sessions that are read together, and what is read of them at once, about. Units: sessions; bytes. */
const MOST = 256;
const FIRST = 32;
const BYTES = 4_194_304;

export class PredecessorSource implements Source {
  readonly name: string;
  readonly remove?: NonNullable<Source['remove']>;
  private readonly options: PredecessorOptions;
  private readonly reader: GroupReader;
  /** Where what was given stands there; kept as long as somebody has the record. */
  private readonly origins = new WeakMap<StoredSession, Origin>();
  /** How many sessions are read together now. */
  private together = FIRST;

  constructor(options: PredecessorOptions) {
    this.options = options;
    this.reader = new GroupReader(options.redis);
    const { redis, layout, app } = options;
    this.name = `redis-sessions at ${redis.name}, namespace ${layout.namespace}${app === null ? '' : `, app ${app}`}`;
    if (options.removes) this.remove = (record) => this.removeOne(record);
  }

  async total(): Promise<number | null> {
    const { redis, layout, app } = this.options;
    try {
      return Number(await redis.send('ZCARD', [app === null ? layout.all : layout.index(app)]));
    } catch (error) {
      if (isWrongType(error)) return null;
      throw error;
    }
  }

  async *read(after: string | null): AsyncGenerator<Found> {
    for await (const found of ahead(this.groups(after))) yield* found;
  }

  async close(): Promise<void> {
    this.options.redis.close();
  }

  /** Gives what was found, in groups that were read together. */
  private async *groups(after: string | null): AsyncGenerator<Found[]> {
    const { redis, layout, app } = this.options;
    for await (const page of walk(redis, layout.pattern(app), after)) {
      const keys = page.keys.map((key) => layout.read(key));
      const sessions = keys.filter((key) => key.kind === 'session');
      for (let i = 0; i < sessions.length; ) {
        const group = sessions.slice(i, i + this.together);
        i += group.length;
        yield await this.readAll(group, page);
      }
      for (const key of keys) if (key.kind === 'index') yield* this.strays(key.app, page);
      yield [{ kind: 'passed', position: page.next }];
    }
  }

  private async readAll(
    keys: readonly { app: string; token: string }[],
    { position }: Pick<Page, 'position'>,
  ): Promise<Found[]> {
    const { layout, clock, removes } = this.options;
    const stored = await this.reader.read(keys.map(({ app, token }) => layout.session(app, token)));
    const now = clock();
    const found: Found[] = [];
    let bytes = 0;
    for (const [i, fields] of stored.entries()) {
      const { app, token } = keys[i]!;
      if (fields === 'wrong_type') {
        found.push({ kind: 'left', reason: 'wrong_type', example: app, position });
        continue;
      }
      for (const field of fields) bytes += field?.length ?? 0;
      const reading = readingOf(app, token, fields, now);
      if (reading === null) continue;
      if (removes && reading.kind === 'session') this.origins.set(reading.record, { app, token, fields });
      found.push({ ...reading, position });
    }
    // Sessions with much data are read fewer at a time.
    this.together = Math.max(1, Math.min(MOST, Math.floor((BYTES * keys.length) / (bytes + 1))));
    return found;
  }

  private async *strays(app: string, { position }: Page): AsyncGenerator<Found[]> {
    for await (const stray of straysOf(this.options.redis, this.options.layout, app)) {
      yield [{ kind: 'left', ...stray, position }];
    }
  }

  private async removeOne(record: StoredSession): Promise<Removed> {
    const { redis, layout } = this.options;
    const { app, token, fields } = this.origins.get(record)!;
    const removal = await removeSession(redis, layout, app, token, fields);
    if (removal !== 'changed') return removal === 'taken' ? 'removed' : removal;
    const [again] = await this.readAll([{ app, token }], NOWHERE);
    if (again === undefined) return 'gone';
    if (again.kind === 'session') return again.record;
    return again.kind === 'left' && again.reason === 'expired' ? 'gone' : 'kept';
  }
}
