/**
 * G1 to G3 between two server processes on one store: real processes, real sockets, requests started together. The
 * figures of the predecessor stand in design 5: 28 of 50 updates survived, 283 of 300 sessions left a ghost.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { type Cleanup, type ServerProcess, startServer } from '../support/server.ts';

export interface SharedStore {
  /** RS_* of both processes. */
  readonly env: Record<string, string>;
  /** All keys and values once both processes have stopped. */
  readonly contents: () => Promise<string[]>;
}

export function races(name: string, share: (cleanup: Cleanup) => Promise<SharedStore>): void {
  describe(`races of two processes on ${name}`, () => {
    test('50 parallel sets of 50 keys on two processes all survive, 100 rounds (G1)', async (t) => {
      const { clients } = await start(t, await share(t));
      for (let round = 0; round < 100; round++) {
        const token = await clients[0].create('race', `u${round}`);
        await Promise.all(
          Array.from({ length: 50 }, (_, i) => clients[i % 2]!.send('POST', `/race/set/${token}`, { [`k${i}`]: i })),
        );
        const { json } = await clients[round % 2]!.send('GET', `/race/get/${token}`);
        assert.deepEqual([Object.keys(json.d).length, json.w], [50, 51]);
      }
    });

    test('300 sessions, each read 6 times and set once while it is killed, leave nothing (G2)', async (t) => {
      const shared = await share(t);
      const { clients, stop } = await start(t, shared);
      for (let i = 0; i < 300; i++) {
        const token = await clients[0].create('race', `g${i}`);
        const reads = Array.from({ length: 6 }, (_, n) => clients[n % 2]!.send('GET', `/race/get/${token}`));
        const set = clients[i % 2]!.send('POST', `/race/set/${token}`, { a: 1 });
        const kill = clients[(i + 1) % 2]!.send('DELETE', `/race/kill/${token}`);
        assert.deepEqual((await kill).json, { kill: 1 });
        const after = await clients[i % 2]!.send('GET', `/race/get/${token}`);
        assert.equal(after.text, '{}', 'the other process knows at once');
        await Promise.all([...reads, set]);
      }
      await stop();
      assert.deepEqual(await shared.contents(), []);
    });

    test('a killsoid misses no session whose create was answered before it began, 200 rounds (G3)', async (t) => {
      const { clients } = await start(t, await share(t));
      for (let round = 0; round < 200; round++) {
        const acknowledged: string[] = [];
        const creates = Array.from({ length: 8 }, async (_, i) => {
          acknowledged.push(await clients[i % 2]!.create('race', `s${round}`));
        });
        await Promise.race(creates);
        const before = [...acknowledged];
        const { json } = await clients[round % 2]!.send('DELETE', `/race/killsoid/s${round}`);
        await Promise.all(creates);
        const left = (await clients[0].send('GET', `/race/soid/s${round}`)).json.sessions.length;
        assert.equal(json.kill + left, 8, 'the count is exact');
        for (const token of before) {
          assert.equal((await clients[(round + 1) % 2]!.send('GET', `/race/get/${token}`)).text, '{}', 'missed');
        }
      }
    });
  });
}

async function start(cleanup: Cleanup, { env }: SharedStore) {
  const servers: ServerProcess[] = [await startServer(cleanup, env), await startServer(cleanup, env)];
  const clients = servers.map((server) => new Client(server.url)) as [Client, Client];
  cleanup.after(() => clients.forEach((client) => void client.close()));
  return { clients, stop: () => Promise.all(servers.map((server) => server.end())) };
}
