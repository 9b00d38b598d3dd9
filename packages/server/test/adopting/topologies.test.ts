/** The old Redis where it stands: behind Sentinel, and behind TLS. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Redis } from 'ioredis';
import { forAllTests, PATIENT } from '../support/redis.ts';
import { STEADY, startSentinel, startTls } from '../support/redis-topologies.ts';
import { type Cleanup, startServer } from '../support/server.ts';

const APP = 'forum';
const TOKEN = 'x'.repeat(64);

/** Writes what redis-sessions writes of a session, and asks a server of ours for it. */
async function opens(t: Cleanup, admin: Redis, env: Record<string, string>): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const fields = { id: 'ann', r: '1', w: '1', ip: '10.0.0.1', la: `${now}`, ttl: '7200', d: '{"a":1}' };
  await admin.hset(`rs:${APP}:${TOKEN}`, fields);
  await admin.zadd(`rs:${APP}:_sessions`, now, `${TOKEN}:ann`);
  await admin.zadd(`rs:${APP}:_users`, now, 'ann');
  await admin.sadd(`rs:${APP}:us:ann`, TOKEN);
  await admin.zadd('rs:SESSIONS', now + 7200, `${APP}:${TOKEN}:ann`);
  const server = await startServer(t, { ...PATIENT, ...env });
  const response = await fetch(`${server.url}/${APP}/get/${TOKEN}`);
  assert.equal(response.status, 200);
  const { id, d } = (await response.json()) as { id: string; d: unknown };
  assert.deepEqual([id, d], ['ann', { a: 1 }]);
  assert.equal(await admin.hexists(`rs:${APP}:${TOKEN}`, 'id'), 0, 'it has come over');
}

const tls = forAllTests((cleanup) => startTls(cleanup));
const trio = forAllTests((cleanup) => startSentinel(cleanup, STEADY));

test('a session comes over from behind TLS', async (t) => {
  const { url, admin, files } = tls();
  const env = { RS_REDIS_CA: files.ca, RS_REDIS_CERT: files.cert, RS_REDIS_KEY: files.key };
  const named = { ...env, RS_REDIS_SERVERNAME: 'redis.test' };
  await opens(t, admin, { ...named, RS_ADOPT: `${url}/0?namespace=rs` });
});

test('a session comes over from the master that Sentinels watch', async (t) => {
  const { admin } = await trio().master();
  await opens(t, admin, { RS_ADOPT: `${trio().url}?namespace=rs` });
});
