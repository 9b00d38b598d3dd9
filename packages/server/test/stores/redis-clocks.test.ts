/**
 * G6 through two server processes whose clocks are ten seconds apart, on real time: Redis' TIME decides. The sessions are
 * made by the test itself, because no route takes timeouts this short.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../src/core/session.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { HOUR, type Made, make, SECOND } from '../conformance/harness.ts';
import { Client } from '../support/client.ts';
import { forAllTests, PATIENT } from '../support/redis.ts';
import { dumpRedis, linesOf } from '../support/redis-dump.ts';
import { type Cleanup, skewed, startServer } from '../support/server.ts';
import { TOPOLOGIES, type Topology } from '../support/topologies.ts';
import { until } from '../support/until.ts';

/** What a request may take on a busy machine: nearer to a deadline nothing is asserted. */
const MARGIN = 250;

for (const name of ['one Redis server', 'Redis Cluster']) {
  const topology = forAllTests(TOPOLOGIES[name]!);

  describe(`processes whose clocks are 10 s apart on ${name} (G6)`, () => {
    test('their clocks are apart, and each sees at once and in the same window what the other did', async (t) => {
      const { fast, slow, servers } = await start(t, topology());
      await until(() => servers.every((server) => server.output().includes('"time"')));
      const times = servers.map((server) => Date.parse(/"time":"([^"]+)"/.exec(server.output())![1]!));
      // 10 s, less what a busy machine lets pass between their starts.
      assert.ok(times[0]! - times[1]! > SECOND, `the clocks are wrong: ${times}`);
      for (const [one, other] of [
        [fast, slow],
        [slow, fast],
      ] as const) {
        const began = Date.now();
        const token = await one.create('shop', 'u1');
        const { json } = await other.send('GET', `/shop/get/${token}`);
        assert.equal(json.id, 'u1');
        assert.ok(json.idle <= (Date.now() - began) / 1000, `idle for ${json.idle} s`);
        assert.deepEqual((await other.send('GET', '/shop/activity?dt=600')).json, { activity: 1 });
        assert.equal((await other.send('GET', '/shop/soapp?dt=600')).json.sessions.length, 1);
        assert.deepEqual((await one.send('DELETE', '/shop/killall')).json, { kill: 1 });
      }
    });

    test('no clock moves a deadline or a window, nor lets the sweep come early', async (t) => {
      const { fast, slow, store } = await start(t, topology());
      const began = Date.now();
      const add = async (overrides: Partial<Session>): Promise<Made> => {
        const made = make({ createdAt: began, ...overrides });
        assert.equal((await store.create(made.session, made.credential, null, Date.now())).kind, 'created');
        return made;
      };
      // Touched all the time, ended by its absolute deadline.
      const busy = await add({ subject: 'busy', absoluteExpiresAt: began + 3 * SECOND });
      // Touched for two seconds, then left alone.
      let idle = await add({ subject: 'idle', idleTimeout: 1.5 * SECOND });
      const still = await add({ subject: 'still', idleTimeout: HOUR });
      let lastTouch = began;
      const get = async (client: Client, { token }: Made) => (await client.send('GET', `/shop/get/${token}`)).json.id;
      for (let round = 0; Date.now() < began + 4 * SECOND; round++) {
        for (const client of [fast, slow]) {
          const asked = Date.now();
          const id = await get(client, busy);
          if (Date.now() < began + 3 * SECOND - MARGIN) assert.equal(id, 'busy', 'gone before its deadline');
          if (asked > began + 3 * SECOND + MARGIN) assert.equal(id, undefined, 'lives past its absolute deadline');
        }
        if (Date.now() < began + 2 * SECOND) {
          const asked = Date.now();
          const id = await get(round % 2 === 0 ? fast : slow, idle);
          if (Date.now() < lastTouch + 1.5 * SECOND) assert.equal(id, 'idle', 'a touch slides the deadline');
          // The machine stood still for longer than the timeout.
          else if (id === undefined) idle = await add({ subject: 'idle', createdAt: asked, idleTimeout: 1.5 * SECOND });
          lastTouch = asked;
        }
        await delay(50);
      }
      // The last touch was answered before this.
      await delay(1.5 * SECOND + MARGIN);
      for (const client of [fast, slow]) {
        assert.equal(await get(client, idle), undefined, 'lives past its idle deadline');
        const now = Date.now();
        assert.equal((await store.count('shop', now - SECOND, now)).sessions, 0);
        // By the clock of the process that is behind or ahead, this window would have another end.
        assert.equal(await get(client, still), 'still');
        const { subjects } = (await client.send('GET', '/v1/apps/shop/activity?within=4')).json;
        if (Date.now() < now + 4 * SECOND) assert.equal(subjects, 1);
        await delay(SECOND + MARGIN);
      }
      // Both processes have swept each second meanwhile; the one that is ahead has not taken what lives.
      assert.equal((await store.list('shop', { limit: 9 }, Date.now())).sessions.length, 1);
      await until(async () => {
        const left = linesOf(await dumpRedis(await topology().masters())).join('\n');
        return [busy, idle].every(({ session }) => !left.includes(session.id));
      }, 'both are swept');
    });
  });
}

async function start(cleanup: Cleanup, { url, env, masters }: Topology) {
  for (const server of await masters()) await server.flushall();
  const servers = [];
  for (const ahead of [5 * SECOND, -5 * SECOND]) {
    servers.push(await startServer(cleanup, { ...env, ...PATIENT, ...skewed(ahead), RS_SWEEP_INTERVAL: '1' }));
  }
  const [fast, slow] = servers.map(({ url }) => new Client(url)) as [Client, Client];
  const store = new RedisStore({
    url,
    namespace: 'drs',
    timeout: 30_000,
    onError: (error) => assert.fail(String(error)),
  });
  cleanup.after(() => store.close());
  cleanup.after(() => [fast, slow].forEach((client) => void client.close()));
  await store.ready();
  return { servers, fast, slow, store };
}
