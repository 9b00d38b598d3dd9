/**
 * Fills a store with sessions before it is measured, quicker than over HTTP: ours through its scripts or its transactions, many
 * at a time; the predecessor's through redis-sessions itself, in a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Credential, Session } from '../packages/server/src/core/session.ts';
import type { CreateOutcome } from '../packages/server/src/core/store.ts';
import { newSessionId, newToken } from '../packages/server/src/core/token.ts';
import { LmdbStore } from '../packages/server/src/stores/lmdb/lmdb-store.ts';
import { Tables } from '../packages/server/src/stores/lmdb/tables.ts';
import { RedisStore } from '../packages/server/src/stores/redis/redis-store.ts';
import { inside } from '../packages/server/test/support/redis-inside.ts';
import { installPredecessor, PREDECESSOR } from './predecessor.ts';
import type { RedisProcess } from './redis.ts';
import { APP } from './sessions.ts';
import type { Bench } from './workload.ts';

/** Creates under way at the same time, on Redis. */
const AT_ONCE = 500;
/** Sessions in one transaction of the embedded store. */
const IN_ONE = 2000;
/** The default of the server. */
export const NAMESPACE = 'drs';
/** Generous: while a million are made, the machine may be busy elsewhere. Units: milliseconds. */
const TIMEOUT = 60_000;

export interface Filling {
  readonly count: number;
  /** Data of each: compact JSON, `{}` for none. */
  readonly data: string;
  /** The app of each. Absence: APP. */
  readonly appOf?: (i: number) => string;
  /** Sessions of the same user, one after the other. */
  readonly perUser?: number;
  /** How long ago they were last seen: evenly from now to so many milliseconds. */
  readonly seenWithin?: number;
}

/** Creates sessions on the Redis of a URL; gives their tokens in the order of their users. */
export async function fillOurs(url: string, filling: Filling): Promise<string[]> {
  const ends: (() => unknown)[] = [];
  const store = await openStore({ after: (end) => ends.push(end) }, url);
  const tokens = await createAll(filling, (session, credential, now) =>
    // Without a base its instants are taken as they are, and not moved to the present of Redis.
    inside(store).steps.add(session, credential, null, now, { base: null }),
  );
  for (const end of ends) await end();
  return tokens;
}

/** Creates sessions in the embedded store of a folder, which a server may have open; gives their tokens. */
export async function fillEmbedded(folder: string, filling: Filling): Promise<string[]> {
  const tables = new Tables(folder, NAMESPACE);
  const tokens: string[] = [];
  while (tokens.length < filling.count) {
    await tables.transaction(() => {
      for (const end = Math.min(tokens.length + IN_ONE, filling.count); tokens.length < end; ) {
        const { session, credential, token } = nth(filling, tokens.length);
        tables.insert(session, credential);
        tokens.push(token);
      }
    });
  }
  await tables.close();
  return tokens;
}

/** Opens the embedded store of a folder, closed with the workload. */
export function openEmbedded({ after }: Pick<Bench, 'after'>, folder: string): LmdbStore {
  const store = new LmdbStore({ path: folder, namespace: NAMESPACE, onError });
  after(() => store.close());
  return store;
}

type Create = (session: Session, credential: Credential, now: number) => Promise<CreateOutcome>;

async function createAll(filling: Filling, create: Create): Promise<string[]> {
  const tokens: string[] = [];
  let next = 0;
  const createSome = async () => {
    while (next < filling.count) {
      const i = next++;
      const { session, credential, token } = nth(filling, i);
      const outcome = await create(session, credential, session.createdAt);
      if (outcome.kind !== 'created') throw new Error(`create was ${outcome.kind}`);
      tokens[i] = token;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, createSome));
  return tokens;
}

/** Makes a session of a filling. */
function nth({ count, data, appOf = () => APP, perUser = 1, seenWithin = 0 }: Filling, i: number) {
  const subject = `user${Math.floor(i / perUser)}`;
  const id = newSessionId(subject);
  const at = Date.now() - Math.round((seenWithin * i) / count);
  return { session: newSession(id, appOf(i), subject, data, at), ...newToken(id, 'classic') };
}

/** Opens a store as the server does, closed with the workload. */
export async function openStore({ after }: Pick<Bench, 'after'>, url: string): Promise<RedisStore> {
  const store = new RedisStore({ url, namespace: NAMESPACE, timeout: TIMEOUT, onError });
  after(() => store.close());
  await store.ready();
  return store;
}

function newSession(id: string, app: string, subject: string, data: string, now: number): Session {
  return {
    id,
    app,
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

/** A verb that fails rejects by itself. What fails beside verbs is a server that has ended, with the workload or before it. */
function onError(): void {}
