/** The audit of a Redis key space: every index entry belongs to a session, and every session has all its entries. */
import type { Redis } from 'ioredis';
import { expiresAt } from '../../src/core/expiry.ts';
import type { Session } from '../../src/core/session.ts';
import { unpackVisit } from '../../src/stores/redis/record.ts';

export interface KeyDump {
  readonly key: string;
  /** Milliseconds to live; -1 for ever. */
  readonly ttl: number;
  /** Field or member → value or score; a string has one, named ''. */
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
      else {
        const text = await redis.getBuffer(key);
        // Its TTL ended it since the keys were listed.
        if (text === null) continue;
        entries.set('', text);
      }
      dumps.push({ key, ttl: await redis.pttl(key), entries });
    }
  }
  return dumps;
}

/** Gives every key and value as text. */
export function linesOf(dumps: readonly KeyDump[]): string[] {
  return dumps.flatMap(({ key, entries }) =>
    [...entries].map(([name, value]) => `${key} ${name} ${value.toString('latin1')}`),
  );
}

/** Gives what is wrong, one line each; empty when indexes and sessions agree. */
export function auditRedis(dumps: readonly KeyDump[], namespace: string): string[] {
  const faults: string[] = [];
  const expected = new Map<string, string>();
  const apps = new Set<string>();
  const byKey = new Map(dumps.map((dump) => [dump.key, dump]));
  const subjects = new Map<string, { ids: string[]; last: number }>();
  for (const { key, entries } of dumps.filter((dump) => dump.key.endsWith(':s'))) {
    const tag = key.slice(0, -2);
    const app = tag.split(':')[1]!;
    apps.add(app);
    for (const [id, record] of entries) {
      const { session, hash } = read(record, app, id);
      const { subject, lastSeenAt } = session;
      if (!tag.endsWith(`:${id.slice(0, 2)}}`)) faults.push(`${id} is in ${tag}`);
      expected.set(`${tag}:a ${id}`, `${second(lastSeenAt)}`);
      const due = byKey.get(`${tag}:d`)?.entries.get(id);
      const deadline = expiresAt(session);
      if (due === undefined ? Number.isFinite(deadline) : Number(due) > deadline) faults.push(`${id} is due too late`);
      const apart = record[3] === 1;
      if (apart !== (byKey.get(`${tag}:j`)?.entries.has(id) ?? false)) faults.push(`data of ${id}`);
      if (record[1] === 1 && !byKey.has(`{${namespace}:${app}:${hash}}:t`)) faults.push(`${id} has lost its alias`);
      if (subject === null) continue;
      const name = `${tag} +${subject}`;
      const own = subjects.get(name) ?? { ids: [], last: 0 };
      subjects.set(name, { ids: [...own.ids, id], last: Math.max(own.last, lastSeenAt) });
    }
  }
  for (const [name, { ids, last }] of subjects) {
    const [tag, subject] = [name.slice(0, name.indexOf('} ') + 1), name.slice(name.indexOf('} ') + 2)];
    expected.set(`${tag}:v ${subject}`, `${second(last)}`);
    expected.set(`${tag}:u ${subject}`, ids.sort().join());
  }
  const sessionsOf = (tag: string) => byKey.get(`${tag}:s`)?.entries;
  for (const { key, entries, ttl } of dumps) {
    if (!isOurs(key, namespace)) faults.push(`not in the layout: ${key}`);
    const [tag, kind] = [key.slice(0, -2), key.slice(-1)];
    for (const [name, value] of entries) {
      const line = `${key} ${name}`;
      if (kind === 'd' || kind === 'j') {
        if (!sessionsOf(tag)?.has(name)) faults.push(`left behind: ${line}`);
      } else if (kind === 'a' || kind === 'v' || kind === 'u') {
        const text = value.toString();
        const actual = kind === 'u' ? (text.match(/.{16}/g) ?? []).sort().join() : `${Number(text)}`;
        if (expected.get(line) !== actual) faults.push(`${line} is ${actual}, not ${expected.get(line)}`);
        expected.delete(line);
      } else if (kind === 't') {
        const id = value.toString().slice(0, 16);
        const record = sessionsOf(`${tag.slice(0, tag.lastIndexOf(':'))}:${id.slice(0, 2)}}`)?.get(id);
        if (record === undefined) faults.push(`left behind: ${line}`);
        else if (ttl === -1 && Number.isFinite(expiresAt(read(record, '', id).session))) faults.push(`no TTL: ${key}`);
      }
    }
  }
  const entered = byKey.get(`${namespace}:apps`)?.entries;
  for (const app of apps) if (!entered?.has(app)) faults.push(`${app} is not entered: no sweep would find it`);
  return [...faults, ...[...expected.keys()].map((line) => `missing: ${line}`)];
}

/** The documented keys (src/stores/redis/keys.ts): those of partitions and the register have no TTL, all others must. */
function isOurs(key: string, namespace: string): boolean {
  const tag = `\\{${namespace}:[A-Za-z0-9_-]+:`;
  return new RegExp(`^(?:${tag}[0-9a-f]{2}\\}:[sjavud]|${tag}[^:}]+\\}:t|${namespace}:apps)$`).test(key);
}

function second(instant: number): number {
  return instant - (instant % 1000);
}

function read(record: Buffer, app: string, id: string): { session: Session; hash: string } {
  const { session } = unpackVisit(Buffer.concat([Buffer.alloc(8), record]), app, id, 0);
  return { session, hash: record.toString('latin1', 61, 61 + record[60]!) };
}
