/** All that is in Redis servers, for tests that look for what must not be there. */
import type { Redis } from 'ioredis';

export interface KeyDump {
  readonly key: string;
  /** Milliseconds to live; -1 for ever. */
  readonly ttl: number;
  /** Field or member → value or score; a string has one, named ''; of a stream position → line; of a list place → text. */
  readonly entries: ReadonlyMap<string, Buffer>;
}

/** Reads all keys of servers. Tests may scan; the store never does. */
export async function dumpRedis(servers: readonly Redis[]): Promise<KeyDump[]> {
  const dumps: KeyDump[] = [];
  for (const redis of servers) {
    for (const key of (await redis.keys('*')).sort()) {
      const type = await redis.type(key);
      const entries = new Map<string, Buffer>();
      const fill = (flat: Buffer[]) =>
        flat.forEach((text, i) => void (i % 2 === 0 && entries.set(text.toString(), flat[i + 1]!)));
      if (type === 'hash') fill((await redis.callBuffer('HGETALL', key)) as Buffer[]);
      else if (type === 'zset') fill((await redis.callBuffer('ZRANGE', key, 0, -1, 'WITHSCORES')) as Buffer[]);
      else if (type === 'stream') {
        const found = (await redis.callBuffer('XRANGE', key, '-', '+')) as [Buffer, Buffer[]][];
        for (const [position, [, line]] of found) entries.set(position.toString(), line!);
      } else if (type === 'list') {
        ((await redis.callBuffer('LRANGE', key, 0, -1)) as Buffer[]).forEach(
          (text, i) => void entries.set(`${i}`, text),
        );
      } else {
        const text = await redis.getBuffer(key);
        // Its TTL ended it since the keys were listed.
        if (text === null) continue;
        entries.set('', text);
      }
      const ttl = await redis.pttl(key);
      // Its TTL ended it since it was read.
      if (ttl !== -2) dumps.push({ key, ttl, entries });
    }
  }
  return dumps;
}

/** Leaves out what no session left: the note of the format, which a server makes when it opens a store. */
export function withoutFormat(dumps: readonly KeyDump[]): KeyDump[] {
  return dumps.filter(({ key }) => !key.endsWith(':format'));
}

/** Gives every key and value as text. */
export function linesOf(dumps: readonly KeyDump[]): string[] {
  return dumps.flatMap(({ key, entries }) =>
    [...entries].map(([name, value]) => `${key} ${name} ${value.toString('latin1')}`),
  );
}
