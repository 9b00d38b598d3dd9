/**
 * Sessions that a library keeps in Redis as one text each, under a prefix and the session's id, with a time to live: all keys of the prefix
 * are walked through. How long a text is, is asked first, so that what is read at once is bounded whatever stands there.
 */
import { ahead } from '../predecessor/ahead.ts';
import { walk } from '../predecessor/walk.ts';
import type { RedisServer } from '../redis-server.ts';

/** What stands under a key, without the prefix. */
export type Kept = { readonly id: string; readonly position: string } & (
  | {
      readonly kind: 'text';
      readonly text: Buffer /** When it ends by its key. Units: epoch milliseconds. Absence: null. */;
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
/** Texts that are read together. Units: bytes; keys. */
const TOGETHER = 2_097_152;
const MOST_KEYS = 500;

/** Reads all, from a position on; null for the beginning. `clock`: epoch milliseconds. */
export async function* textsOf(
  redis: RedisServer,
  prefix: string,
  after: string | null,
  clock: () => number,
): AsyncGenerator<Step> {
  yield* ahead(stepsOf(redis, prefix, after, clock));
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
  for await (const { keys, position, next } of walk(redis, patternOf(prefix), after)) {
    for (let i = 0; i < keys.length; i += MOST_KEYS) {
      const sized = await sizesOf(redis, keys.slice(i, i + MOST_KEYS));
      for (const group of groupsOf(sized)) {
        const read = await Promise.all(group.map((key) => textOf(redis, key, prefix.length, position, clock)));
        yield { kept: read.filter((kept) => kept !== null), position };
      }
    }
    yield { kept: [], position: next };
  }
}

interface Sized {
  readonly key: string;
  /** Absence: null for what is no text. */
  readonly size: number | null;
}

function sizesOf(redis: RedisServer, keys: readonly string[]): Promise<Sized[]> {
  return Promise.all(
    keys.map(async (key) => {
      try {
        return { key, size: Number(await redis.send('STRLEN', [key])) };
      } catch (error) {
        if (!isWrongType(error)) throw error;
        return { key, size: null };
      }
    }),
  );
}

function* groupsOf(sized: readonly Sized[]): Generator<Sized[]> {
  let group: Sized[] = [];
  let bytes = 0;
  for (const each of sized) {
    const size = Math.min(each.size ?? 0, LONGEST);
    if (group.length > 0 && bytes + size > TOGETHER) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(each);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

/** Absence: null for what has ended meanwhile. */
async function textOf(
  redis: RedisServer,
  { key, size }: Sized,
  start: number,
  position: string,
  clock: () => number,
): Promise<Kept | null> {
  const id = key.slice(start);
  if (size === null) return { kind: 'wrong_type', id, position };
  if (size > LONGEST) return { kind: 'data_too_large', id, position };
  try {
    // In this order: a touch in between makes it a little older than it is, and never younger.
    const [left, text] = (await Promise.all([redis.send('PTTL', [key]), redis.send('GET', [key])])) as [
      number,
      Buffer | null,
    ];
    if (text === null) return null;
    return { kind: 'text', text, deadline: Number(left) < 0 ? null : clock() + Number(left), id, position };
  } catch (error) {
    if (!isWrongType(error)) throw error;
    return { kind: 'wrong_type', id, position };
  }
}

function isWrongType(error: unknown): boolean {
  return (error as Error).message.includes('WRONGTYPE');
}
