/**
 * Fills a Redis with sessions before it is measured, quicker than over HTTP: ours through RedisStore, whose commands share
 * their way to Redis when many are under way; the predecessor's through redis-sessions itself, in a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Session } from '../packages/server/src/core/session.ts';
import { newSessionId, newToken } from '../packages/server/src/core/token.ts';
import { RedisStore } from '../packages/server/src/stores/redis/redis-store.ts';
import { inside } from '../packages/server/test/support/redis-inside.ts';
import { installPredecessor, PREDECESSOR } from './predecessor.ts';
import type { RedisProcess } from './redis.ts';
import { APP } from './sessions.ts';
import type { Bench } from './workload.ts';

/** Creates under way at the same time. */
const AT_ONCE = 500;
/** The default of the server. */
const NAMESPACE = 'drs';
/** Generous: while a million are made, the machine may be busy elsewhere. Units: milliseconds. */
const TIMEOUT = 60_000;

export interface Filling {
  readonly count: number;
  /** Data of each: compact JSON, `{}` for none. */
  readonly data: string;
  /** Sessions of the same user, one after the other. */
  readonly perUser?: number;
  /** How long ago they were last seen: evenly from now to so many milliseconds. */
  readonly seenWithin?: number;
}

/** Creates sessions on the Redis of a URL; gives their tokens in the order of their users. */
export async function fillOurs(url: string, { count, data, perUser = 1, seenWithin = 0 }: Filling): Promise<string[]> {
  const ends: (() => unknown)[] = [];
  const store = await openStore({ after: (end) => ends.push(end) }, url);
  const tokens: string[] = [];
  let next = 0;
  const createSome = async () => {
    while (next < count) {
      const i = next++;
      tokens[i] = await create(store, `user${Math.floor(i / perUser)}`, data, (seenWithin * i) / count);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, createSome));
  for (const end of ends) await end();
  return tokens;
}

/** Opens a store as the server does, closed with the workload. */
export async function openStore({ after }: Pick<Bench, 'after'>, url: string): Promise<RedisStore> {
  const store = new RedisStore({ url, namespace: NAMESPACE, timeout: TIMEOUT, onError: fail });
  after(() => store.close());
  await store.ready();
  return store;
}

async function create(store: RedisStore, subject: string, data: string, ago: number): Promise<string> {
  const now = Date.now() - Math.round(ago);
  const id = newSessionId(subject);
  const { token, credential } = newToken(id, 'classic');
  const session: Session = {
    id,
    app: APP,
    subject,
    createdAt: now,
    authenticatedAt: now,
    lastSeenAt: now,
    idleTimeout: 7_200_000,
    absoluteExpiresAt: null,
    version: 1,
    reads: 1,
    ip: '192.0.2.7',
    userAgent: null,
    label: null,
    data,
  };
  // Without a base its instants are taken as they are, and not moved to the present of Redis.
  const outcome = await inside(store).steps.add(session, credential, null, now, { base: null });
  if (outcome.kind !== 'created') throw new Error(`create was ${outcome.kind}`);
  return token;
}

/** Creates sessions, each of a user of its own, as the predecessor does; gives their tokens. */
export async function fillPredecessor({ port }: RedisProcess, { count, data }: Filling): Promise<string[]> {
  installPredecessor();
  const script = fileURLToPath(new URL('fill.mjs', PREDECESSOR));
  const args = [script, `${port}`, APP, `${count}`, data === '{}' ? '' : data];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`fill.mjs ended with ${code}`);
  return printed.trimEnd().split('\n');
}

function fail(error: unknown): never {
  throw error;
}
