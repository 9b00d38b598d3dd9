/**
 * The sessions that PHP keeps in Redis: those of phpredis (`session.save_handler = redis`), and by another prefix those of Symfony's
 * RedisSessionHandler and of Predis, which are texts of the same form.
 */
import type { Found } from '../../source.ts';
import { foundOf, nameOf, timesUntil } from '../carried.ts';
import type { RedisServer } from '../redis-server.ts';
import { phpToken } from '../web/adapter-tokens.ts';
import { prefixesIn } from '../web/key-prefixes.ts';
import { countedKeys, type Kept, textsOf } from '../web/redis-texts.ts';
import type { Surveyed } from '../web/survey.ts';
import { PHP_ID, type PhpOptions, phpSession } from './php-session.ts';

export interface PhpRedisOptions extends PhpOptions {
  readonly redis: RedisServer;
  readonly prefix: string;
  /** How long a visit keeps a session. Units: milliseconds. */
  readonly timeout: number;
  /** Units: epoch milliseconds. */
  readonly clock: () => number;
}

/** What phpredis writes beside a session that a page has (`redis.session.locking_enabled`). No id has such an end. */
const LOCK = '_LOCK';

export class PhpRedisSource implements Surveyed {
  readonly name: string;
  readonly things = 'keys';
  private readonly options: PhpRedisOptions;

  constructor(options: PhpRedisOptions) {
    this.options = options;
    const { redis, prefix } = options;
    this.name = `the sessions of PHP at ${redis.name}, ${prefix === '' ? 'without a prefix' : `prefix ${prefix}`}`;
  }

  get notes() {
    return this.options.notes;
  }

  total(): Promise<number | null> {
    return countedKeys(this.options.redis, this.options.prefix);
  }

  async *read(after: string | null): AsyncGenerator<Found> {
    const { redis, prefix, clock } = this.options;
    for await (const { kept, position } of textsOf(redis, prefix, after, clock)) {
      for (const each of kept) if (!each.id.endsWith(LOCK)) yield* this.one(each, clock());
      yield { kind: 'passed', position };
    }
  }

  private one(kept: Kept, now: number): Iterable<Found> {
    const { id, position } = kept;
    if (!PHP_ID.test(id))
      return [{ kind: 'left', reason: 'foreign', example: 'a key whose end is no id of PHP', position }];
    if (kept.kind !== 'text') return [{ kind: 'left', reason: kept.kind, example: nameOf(phpToken(id)), position }];
    return foundOf(
      phpSession(id, kept.text, timesUntil(kept.deadline, this.options.timeout, now), this.options),
      position,
    );
  }

  async nothingThere(): Promise<string> {
    const { redis, prefix } = this.options;
    const where = prefix === '' ? 'whose names are ids' : `that begin with ${prefix}`;
    return `${redis.name} has no sessions under keys ${where}; ${await prefixesIn(redis)}`;
  }

  async close(): Promise<void> {
    this.options.redis.close();
  }
}
