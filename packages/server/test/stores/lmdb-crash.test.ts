/**
 * G5: a server under load is killed with -9 at a random moment, 30 times (in `npm test` 10); an auditor reopens the store and compares it
 * with what was acknowledged. A change whose answer never came may or may not be there.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseToken } from '../../src/core/token.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { faultsOf } from '../support/audit.ts';
import { Client } from '../support/client.ts';
import { rounds } from '../support/rounds.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

const KILLS = rounds(30, 1);
const APP = 'crash';

interface Known {
  /** Sets that were answered, and the one under way when the server died. */
  acknowledged: number;
  attempted: number;
  revoked: 'no' | 'attempted' | 'yes';
}

test(`kill -9 at a random moment under load loses nothing that was answered, ${KILLS} times`, async (t) => {
  const path = temporaryFolder(t);
  const known = new Map<string, Known>();
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await startServer(t, { RS_STORE: `lmdb:${path}` });
    const client = new Client(server.url);
    const workers = Array.from({ length: 16 }, (_, worker) => work(client, `u${kill}-${worker}`, known));
    // Once there is load, whatever that takes on a busy machine.
    for (const before = known.size; known.size < before + 16; ) await delay(5);
    await delay(Math.random() * 150);
    await server.end('SIGKILL');
    await Promise.all(workers);
    client.close();
  }
  const store = new LmdbStore({ path, namespace: 'drs', onError: (error) => t.after(() => Promise.reject(error)) });
  t.after(() => store.close());
  assert.deepEqual(await faultsOf(store.audit()), []);
  const now = Date.now();
  for (const [token, { acknowledged, attempted, revoked }] of known) {
    const session = (await store.get(APP, parseToken(token), 'look', now))?.session;
    if (revoked === 'yes') assert.equal(session, undefined, 'an acknowledged kill was lost');
    if (revoked === 'no') assert.notEqual(session, undefined, 'an acknowledged create was lost');
    if (session === undefined) continue;
    const { n = 0 } = JSON.parse(session.data);
    assert.ok(n === acknowledged || n === attempted, `set ${acknowledged} was acknowledged, stored is ${n}`);
  }
  t.diagnostic(
    `${known.size} sessions, ${[...known.values()].filter((k) => k.revoked === 'yes').length} kills acknowledged`,
  );
  assert.ok(known.size > KILLS * 10, 'there was load');
});

/** Creates, sets, reads and kills until the connection breaks, and notes what was answered. */
async function work(client: Client, subject: string, known: Map<string, Known>): Promise<void> {
  try {
    for (let i = 0; ; i++) {
      const token = await client.create(APP, subject);
      const own: Known = { acknowledged: 0, attempted: 0, revoked: 'no' };
      known.set(token, own);
      for (let n = 1; n <= 3; n++) {
        own.attempted = n;
        assert.equal((await client.send('POST', `/${APP}/set/${token}`, { n })).status, 200);
        own.acknowledged = n;
        await client.send('GET', `/${APP}/get/${token}`);
      }
      if (i % 3 !== 0) continue;
      own.revoked = 'attempted';
      assert.equal((await client.send('DELETE', `/${APP}/kill/${token}`)).json.kill, 1);
      own.revoked = 'yes';
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
  }
}
