/** The stores of test/fixtures/older, as earlier versions of ours wrote them (make-older-stores.mjs). */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Redis } from 'ioredis';

const FOLDER = new URL('../fixtures/older/', import.meta.url);
/** The namespace of all of them. */
export const NAMESPACE = 'test';

/** What a client of the earlier version knew. */
export interface KnownSession {
  readonly app: string;
  /** The present one, then those in their grace. */
  readonly tokens: readonly string[];
  readonly subject: string | null;
  readonly reads: number;
  readonly version: number;
  readonly data: unknown;
}

export interface OlderStore {
  readonly commit: string;
  /** When it was written. Units: epoch milliseconds. */
  readonly at: number;
  readonly sessions: readonly KnownSession[];
}

interface StoredKey {
  readonly key: string;
  readonly type: 'string' | 'hash' | 'zset';
  readonly ttl: number;
  readonly content: readonly string[];
}

/** Gives the stores of an engine, the oldest first. */
export function olderStores(engine: 'lmdb' | 'redis'): OlderStore[] {
  const names = readdirSync(FOLDER).filter((name) => name.startsWith(engine) && name.endsWith('.json'));
  const stores = names.map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as OlderStore);
  return stores.sort((a, b) => a.at - b.at);
}

/** Puts the data file of an earlier version into a new folder. */
export function putFile({ commit }: OlderStore, folder: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'data.mdb'), gunzipSync(readFileSync(new URL(`lmdb-${commit}.mdb.gz`, FOLDER))));
  return folder;
}

/** Puts the keys of an earlier version into a Redis. */
export async function putKeys(store: OlderStore, redis: Redis): Promise<void> {
  for (const { key, type, ttl, content } of (store as unknown as { keys: StoredKey[] }).keys) {
    const parts = content.map((part) => Buffer.from(part, 'base64'));
    if (type === 'string') await redis.set(key, parts[0]!);
    else if (type === 'hash') await redis.call('HSET', key, ...parts);
    else await redis.call('ZADD', key, ...parts.map((_, i) => parts[i ^ 1]!));
    if (ttl >= 0) await redis.pexpire(key, ttl);
  }
}
