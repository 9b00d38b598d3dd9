/** What RS_ADOPT costs those whom it does not concern: a token of our own form asks the old Redis nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { PATIENT, startRedis } from '../support/redis.ts';
import { startServer } from '../support/server.ts';

/** More than what the watch asks in the meantime, so that it falls out. */
const TIMES = 300;

test('a token of our own form costs no command at the old Redis, and one of theirs does', async (t) => {
  const old = await startRedis(t);
  const env = { ...PATIENT, RS_STORE: 'memory:', RS_ADOPT: `redis://127.0.0.1:${old.port}/0?namespace=rs` };
  const { url } = await startServer(t, env);
  const client = new Client(url);
  t.after(() => client.close());
  const token = await client.create('shop', 'ann', { a: 0 });
  const scripts = async (path: (n: number) => string) => {
    await old.admin.config('RESETSTAT');
    for (let n = 0; n < TIMES; n++) await client.send('GET', path(n));
    const stats = await old.admin.info('commandstats');
    const calls = [...stats.matchAll(/^cmdstat_evalsha:calls=(\d+)/gm)].map(([, count]) => Number(count));
    return Math.floor((calls[0] ?? 0) / TIMES);
  };
  assert.equal(await scripts(() => `/shop/get/${token}`), 0);
  // One that opens nothing is asked for each time.
  assert.equal(await scripts((n) => `/shop/get/${`${n}`.padStart(64, 'x')}`), 1);
});
