/**
 * Sessions that a library keeps in Redis as one text each, under a prefix and the session's id, with a time to live: all keys of the prefix
 * are walked through. Of each text only so much is read at once that all of it is bounded, whatever stands there.
 */
import { ahead } from '../predecessor/ahead.ts';
import { walk } from '../predecessor/walk.ts';
import type { RedisServer } from '../redis-server.ts';

/** What stands under a key, without the prefix. */
export type Kept = { readonly id: string; readonly position: string } & (
  | {
      readonly kind: 'text';
      readonly text: Buffer;
      /** When it ends by its key. Units: epoch milliseconds. Absence: null. */
      readonly deadline: number | null;
    }
  | { readonly kind: 'wrong_type' | 'data_too_large' }
);

/** A step of the walk: what stands in a part of the keys, or only that the way has gone on. */
export interface Step {
  readonly kept: readonly Kept[];
  readonly position: string;
}

/** Longer than any text whose data could be taken. Units: bytes. */
const LONGEST = 16_777_216;
/** So much of each text is read together with others; what is longer is read by itself. Units: bytes. */
const USUAL = 65_536;
/** Keys whose texts are read together. */
const TOGETHER = 250;

/** Reads all, from a position on; null for the beginning. `clock`: epoch milliseconds. */
export async function* textsOf(
  redis: RedisServer,
  prefix: string,
  after: string | null,
  clock: () => number,
): AsyncGenerator<Step> {
  yield* ahead(stepsOf(redis, prefix, after, clock));
}

/** Gives how many keys of a prefix there are, about: as many as among those that a server tells first. Absence: null where it may not be asked. */
export async function countedKeys(redis: RedisServer, prefix: string): Promise<number | null> {
  let count = 0;
  for (const node of await redis.nodes()) {
    try {
      const all = Number(await node.send('DBSIZE', []));
      const [, some] = (await node.send('SCAN', ['0', 'COUNT', '2000'])) as [Buffer, Buffer[]];
      const own = some.filter((key) => key.toString().startsWith(prefix));
      count += some.length === 0 ? 0 : Math.round((all * own.length) / some.length);
    } catch (error) {
      if (!(error as Error).message.includes('NOPERM')) throw error;
      return null;
    }
  }
  return count;
}

/** Gives the pattern of SCAN for keys that begin with a text. */
export function patternOf(prefix: string): string {
  return `${prefix.replaceAll(/[\\*?[\]^-]/g, '\\$&')}*`;
}

async function* stepsOf(
  redis: RedisServer,
  prefix: string,
  after: string | null,
  clock: () => number,
): AsyncGenerator<Step> {
  const ends = new Ends(redis, clock);
  for await (const { keys, position, next } of walk(redis, patternOf(prefix), after)) {
    await ends.begin();
    for (let i = 0; i < keys.length; i += TOGETHER) {
      const group = keys.slice(i, i + TOGETHER);
      const read = await Promise.all(group.map((key) => textOf(redis, ends, key, prefix.length, position)));
      const isLong = (kept: Kept | null) => kept?.kind === 'text' && kept.text.length === USUAL;
      yield { kept: read.filter((kept) => kept !== null && !isLong(kept)) as Kept[], position };
      for (const [at, kept] of read.entries()) {
        if (!isLong(kept)) continue;
        const whole = await textOf(redis, ends, group[at]!, prefix.length, position, LONGEST);
        yield { kept: whole === null ? [] : [whole], position };
      }
    }
    yield { kept: [], position: next };
  }
}

/** In the place of an instant. */
const GONE = -2;
/** Clocks that differ by less are taken for the same. Units: milliseconds. */
const SAME_TIME = 2000;

/**
 * When keys end. From 7.0 on Redis says the very instant, which is the same each time it is asked: so a session that nobody has used meanwhile
 * is the same one when it is imported again. Before, it only tells what is left.
 */
class Ends {
  private readonly redis: RedisServer;
  private readonly clock: () => number;
  /** What the clock here is ahead of that of Redis. Absence: null until it is asked, or where only the rest is told. */
  private ahead: number | null = null;
  private isAsked = false;

  constructor(redis: RedisServer, clock: () => number) {
    this.redis = redis;
    this.clock = clock;
  }

  async begin(): Promise<void> {
    if (this.isAsked) return;
    this.isAsked = true;
    try {
      await this.redis.send('PEXPIRETIME', ['rest-sessions']);
      const [seconds, micros] = (await this.redis.send('TIME', [])) as [Buffer, Buffer];
      const ahead = this.clock() - Math.floor(Number(seconds) * 1000 + Number(micros) / 1000);
      this.ahead = Math.abs(ahead) < SAME_TIME ? 0 : ahead;
    } catch (error) {
      // An older Redis, or an account that may not ask.
      if (!/unknown command|NOPERM/i.test((error as Error).message)) throw error;
    }
  }

  /** Units: epoch milliseconds. Absence: null for a key without an end, GONE for one that is not there. */
  async of(key: string): Promise<number | null> {
    const told = Number(await this.redis.send(this.ahead === null ? 'PTTL' : 'PEXPIRETIME', [key]));
    if (told < 0) return told === -2 ? GONE : null;
    return told + (this.ahead ?? this.clock());
  }
}

/** Reads up to `most` bytes of what stands under a key. Absence: null for what has ended meanwhile. */
async function textOf(
  redis: RedisServer,
  ends: Ends,
  key: string,
  start: number,
  position: string,
  most = USUAL,
): Promise<Kept | null> {
  const id = key.slice(start);
  try {
    // In this order: a touch in between makes it a little older than it is, and never younger.
    const [deadline, text] = await Promise.all([
      ends.of(key),
      redis.send('GETRANGE', [key, '0', `${most - 1}`]) as Promise<Buffer>,
    ]);
    if (deadline === GONE) return null;
    if (text.length === LONGEST) return { kind: 'data_too_large', id, position };
    return { kind: 'text', text, deadline, id, position };
  } catch (error) {
    if (!isWrongType(error)) throw error;
    return { kind: 'wrong_type', id, position };
  }
}

function isWrongType(error: unknown): boolean {
  return (error as Error).message.includes('WRONGTYPE');
}
