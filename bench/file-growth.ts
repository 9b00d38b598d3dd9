/**
 * `npm run file-growth`: a million sessions are created and expire on the embedded store, 20,000 alive at any time, and the data
 * file must not keep growing: LMDB gives pages back only if no reader holds them and the sweep keeps up.
 * Exit code 1: the file grew to more than twice what it was after the first 200,000, or something stayed behind.
 *
 * Time is an argument: the days this would take pass as fast as the disk lets them. Rejected: through HTTP, where the
 * clock is the system's.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Session } from '../packages/server/src/core/session.ts';
import { newSessionId, newToken, parseToken } from '../packages/server/src/core/token.ts';
import { LmdbStore } from '../packages/server/src/stores/lmdb/lmdb-store.ts';
import { DATA } from './sessions.ts';

const ALIVE = 20_000;
/** Sessions created at the same time, as by so many connections. */
const BATCH = 500;
/** Units: milliseconds. A batch each second, so that a session that expires is one of ALIVE. */
const STEP = 1000;
const IDLE_TIMEOUT = (ALIVE / BATCH) * STEP;
const SWEEP_LIMIT = 1000;
const USERS = 50_000;
const MEBIBYTE = 1024 * 1024;

const { values } = parseArgs({ options: { cycles: { type: 'string', default: '1000000' } } });
const cycles = Number(values.cycles);
const report = cycles / 10;
const settledAt = cycles / 5;
// Below twice as many as are alive, the file has not seen its usual size yet.
if (!(settledAt >= 2 * ALIVE && report % BATCH === 0)) {
  process.stderr.write(`file-growth: --cycles must be at least ${10 * ALIVE} and a multiple of ${10 * BATCH}\n`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'rest-sessions-file-growth-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}
try {
  process.exitCode = await grow();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function grow(): Promise<number> {
  const store = new LmdbStore({ path: folder, namespace: 'growth', onError: fail });
  const begin = performance.now();
  let now = Date.UTC(2030, 0, 1);
  let swept = 0;
  let settled = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let created = BATCH; created <= cycles; created += BATCH) {
    const tokens = await Promise.all(Array.from({ length: BATCH }, () => create(store, now)));
    // One in ten is read once: touches move deadlines, and what they leave in the index must go too.
    await Promise.all(tokens.slice(0, BATCH / 10).map((token) => store.get('soak', parseToken(token), 'read', now)));
    now += STEP;
    swept += await sweep(store, now);
    if (created % report !== 0) continue;
    const { size } = statSync(join(folder, 'data.mdb'));
    largest = Math.max(largest, size);
    if (created === settledAt) settled = size;
    const { sessions } = await store.count('soak', 0, now);
    const seconds = (performance.now() - begin) / 1000;
    console.log(
      `${created.toLocaleString('en-US').padStart(9)} created, ${sessions.toLocaleString('en-US')} alive: ` +
        `data file ${mebibytes(size)}, memory ${mebibytes(process.memoryUsage.rss())}, ${seconds.toFixed(0)} s`,
    );
  }
  swept += await sweep(store, now + IDLE_TIMEOUT);
  const left = store.dump().length;
  await store.close();
  const growth = largest / settled;
  console.log(
    `${swept.toLocaleString('en-US')} expired and swept, ${left} entries left; ` +
      `largest data file ${growth.toFixed(2)} × that after ${settledAt.toLocaleString('en-US')}`,
  );
  return growth <= 2 && left === 0 && swept === cycles ? 0 : 1;
}

async function create(store: LmdbStore, now: number): Promise<string> {
  const subject = `user${Math.floor(Math.random() * USERS)}`;
  const id = newSessionId(subject);
  const { token, credential } = newToken(id, 'classic');
  const session: Session = {
    id,
    app: 'soak',
    subject,
    createdAt: now,
    authenticatedAt: now,
    lastSeenAt: now,
    idleTimeout: IDLE_TIMEOUT,
    absoluteExpiresAt: null,
    version: 1,
    reads: 1,
    ip: '192.0.2.7',
    userAgent: null,
    label: null,
    data: DATA,
  };
  const outcome = await store.create(session, credential, null, now);
  if (outcome.kind !== 'created') throw new Error(`create was ${outcome.kind}`);
  return token;
}

/** Sweeps until nothing is due, as the server's sweeper does. */
async function sweep(store: LmdbStore, now: number): Promise<number> {
  let removed = 0;
  for (;;) {
    const step = await store.sweep(now, SWEEP_LIMIT);
    removed += step;
    if (step < SWEEP_LIMIT) return removed;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

function fail(error: unknown): never {
  throw error;
}
