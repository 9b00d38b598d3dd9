/**
 * Read, add, write under the lock, by 20 clients of each of two processes (issue 15): nothing is lost, and never two are inside.
 * `npm test` runs a part of the rounds.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests } from '../support/redis.ts';
import { rounds as roundsOf } from '../support/rounds.ts';
import { callerToken, type OpenStoreOfSuite, startService, type V1 } from './harness.ts';
import { lmdb, redis } from './stores.ts';

const CLIENTS = 40;
const rounds = roundsOf(200, 0.005);

function lockRaces(name: string, open: OpenStoreOfSuite): void {
  describe(`locks between processes on ${name}`, () => {
    const service = forAllTests((cleanup) => startService(cleanup, open, 2));

    test(`${CLIENTS} clients add one each, ${rounds} times: nothing is lost, and never two are inside`, async () => {
      const app = (n: number) => service().app('lock-race', n);
      const token = callerToken();
      let inside = 0;
      const add = async (one: V1, i: number) => {
        const locked = await one.send('POST', '/session/lock', { lease: 60, wait: 30 }, { 'Session-Token': token });
        assert.equal(locked.status, 200, locked.text);
        assert.equal(++inside, 1, 'alone');
        const { lock, session } = locked.json;
        const headers = { 'Session-Token': token, 'Session-Lock': lock };
        const data = { n: (session?.data.n ?? 0) + 1 };
        const look = await one.get(token);
        assert.equal(look.json.data?.n ?? 0, data.n - 1, 'it is what was read under the lock');
        inside--;
        // Two ways to write and to end the lock; the first one creates the session.
        if (i % 3 === 0) {
          const { status, text } = await one.send('PUT', '/session?release=true', { data }, headers);
          assert.ok(status < 300, text);
        } else {
          assert.ok((await one.send('PUT', '/session', { data }, headers)).status < 300);
          assert.equal((await one.send('DELETE', '/session/lock', undefined, headers)).status, 204);
        }
      };
      const client = async (_: unknown, i: number) => {
        for (let round = 0; round < rounds; round++) await add(app(i), i + round);
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      assert.deepEqual((await app(0).get(token)).json.data, { n: CLIENTS * rounds });
    });

    test('what changes with a lock that is ended meanwhile is refused, and the next one has it', async () => {
      const app = (n: number) => service().app('lock-lost', n);
      const token = await app(0).token();
      for (let round = 0; round < rounds; round++) {
        const headers = { 'Session-Token': token };
        const { json } = await app(round).send('POST', '/session/lock', { lease: 60, wait: 30 }, headers);
        const held = { ...headers, 'Session-Lock': json.lock };
        const [last, late, ended] = await Promise.all([
          app(0).send('PATCH', '/session?release=true', { set: { round } }, held),
          app(1).send('PATCH', '/session', { set: { late: round } }, held),
          app(round).send('DELETE', '/session/lock', undefined, held),
        ]);
        assert.equal(ended.status, 204);
        const { data } = (await app(1).get(token)).json;
        for (const [{ status }, member] of [[last, 'round'] as const, [late, 'late'] as const]) {
          assert.ok(status === 200 || status === 409, `${status}`);
          assert.equal(data[member] === round, status === 200, 'what was refused changed nothing');
        }
      }
    });
  });
}

lockRaces('the embedded store', lmdb);
lockRaces('one Redis server', redis);
