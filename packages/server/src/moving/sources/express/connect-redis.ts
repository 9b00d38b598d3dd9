/** The sessions that connect-redis keeps for express-session, in its versions 6 to 9: JSON under a prefix and the id. */
import type { Found } from '../../source.ts';
import { foundOf, nameOf } from '../carried.ts';
import type { RedisServer } from '../redis-server.ts';
import { nodeToken } from '../web/adapter-tokens.ts';
import { prefixesIn } from '../web/key-prefixes.ts';
import { countedKeys, textsOf } from '../web/redis-texts.ts';
import type { Surveyed } from '../web/survey.ts';
import { type ExpressOptions, expressSession } from './express-session.ts';

export interface ConnectRedisOptions extends ExpressOptions {
  readonly redis: RedisServer;
  readonly prefix: string;
  /** Units: epoch milliseconds. */
  readonly clock: () => number;
}

export class ConnectRedisSource implements Surveyed {
  readonly name: string;
  readonly things = 'keys';
  private readonly options: ConnectRedisOptions;

  constructor(options: ConnectRedisOptions) {
    this.options = options;
    this.name = `connect-redis at ${options.redis.name}, prefix ${options.prefix}`;
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
      for (const each of kept) {
        if (each.kind === 'text') {
          yield* foundOf(expressSession(each.id, each.text, each.deadline, clock(), this.options), position);
        } else {
          yield { kind: 'left', reason: each.kind, example: nameOf(nodeToken(each.id)), position };
        }
      }
      yield { kind: 'passed', position };
    }
  }

  async nothingThere(): Promise<string> {
    const { redis, prefix } = this.options;
    return `${redis.name} has no keys that begin with ${prefix}; ${await prefixesIn(redis)}`;
  }

  async close(): Promise<void> {
    this.options.redis.close();
  }
}
