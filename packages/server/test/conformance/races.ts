/**
 * G1 to G4 between two server processes on one store: real processes, real sockets, requests started together. The
 * figures of the predecessor stand in design 5: 28 of 50 updates survived, 283 of 300 sessions left a ghost.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { rounds as roundsOf } from '../support/rounds.ts';
import { type Cleanup, type ServerProcess, startServer } from '../support/server.ts';

export interface SharedStore {
  /** RS_* of both processes. */
  readonly env: Record<string, string>;
  /** What each has of its own: a wrong clock. */
  readonly own?: readonly [Record<string, string>, Record<string, string>];
  /** All keys and values once both processes have stopped. */
  readonly contents: () => Promise<string[]>;
  /** What an audit of indexes against sessions finds wrong then. */
  readonly faults: () => Promise<string[]>;
}

type Four = [number, number, number, number];
const SUBJECTS = ['a', 'a:b', '{x}', '100%', '\0', '😀', '__proto__'];

/** `share`: of the rounds that the guarantees name, how many `npm test` runs; fewer where only the way to the store is another. */
export function races(name: string, open: (cleanup: Cleanup) => Promise<SharedStore>, share = 1): void {
  const [merges, sessions, revokes, steps] = [100, 300, 200, 800].map((all) => roundsOf(all, share)) as Four;
  const rounds = { merges, sessions, revokes, steps };
  describe(`races of two processes on ${name}`, () => {
    // Started by the first test, and used by all: each has an app of its own.
    const ends: (() => unknown)[] = [];
    let started: ReturnType<typeof start> | undefined;
    const service = () => {
      started ??= start({ after: (end) => void ends.unshift(end) }, open);
      return started;
    };
    after(async () => {
      for (const end of ends) await end();
    });

    test('50 parallel sets of 50 keys on two processes all survive (G1)', async () => {
      const { clients } = await service();
      for (let round = 0; round < rounds.merges; round++) {
        const token = await clients[0].create('merge', `u${round}`);
        await Promise.all(
          Array.from({ length: 50 }, (_, i) => clients[i % 2]!.send('POST', `/merge/set/${token}`, { [`k${i}`]: i })),
        );
        const { json } = await clients[round % 2]!.send('GET', `/merge/get/${token}`);
        assert.deepEqual([Object.keys(json.d).length, json.w], [50, 51]);
      }
    });

    test('sessions that are read and set while they are killed leave nothing (G2)', async () => {
      const { clients } = await service();
      for (let i = 0; i < rounds.sessions; i++) {
        const token = await clients[0].create('zombie', `g${i}`);
        const reads = Array.from({ length: 6 }, (_, n) => clients[n % 2]!.send('GET', `/zombie/get/${token}`));
        const set = clients[i % 2]!.send('POST', `/zombie/set/${token}`, { a: 1 });
        const kill = clients[(i + 1) % 2]!.send('DELETE', `/zombie/kill/${token}`);
        assert.deepEqual((await kill).json, { kill: 1 });
        const after = await clients[i % 2]!.send('GET', `/zombie/get/${token}`);
        assert.equal(after.text, '{}', 'the other process knows at once');
        await Promise.all([...reads, set]);
      }
      for (const client of clients) {
        assert.deepEqual((await client.send('GET', '/zombie/soapp?dt=600')).json, { sessions: [] });
        assert.deepEqual((await client.send('GET', '/zombie/activity?dt=600')).json, { activity: 0 });
      }
    });

    test('a killsoid misses no session whose create was answered before it began (G3)', async () => {
      const { clients } = await service();
      for (let round = 0; round < rounds.revokes; round++) {
        const acknowledged: string[] = [];
        const creates = Array.from({ length: 8 }, async (_, i) => {
          acknowledged.push(await clients[i % 2]!.create('revoke', `s${round}`));
        });
        await Promise.race(creates);
        const before = [...acknowledged];
        const { json } = await clients[round % 2]!.send('DELETE', `/revoke/killsoid/s${round}`);
        await Promise.all(creates);
        const left = (await clients[0].send('GET', `/revoke/soid/s${round}`)).json.sessions.length;
        assert.equal(json.kill + left, 8, 'the count is exact');
        for (const token of before) {
          assert.equal((await clients[(round + 1) % 2]!.send('GET', `/revoke/get/${token}`)).text, '{}', 'missed');
        }
      }
    });

    test('after any interleaving both list and count the sessions that exist, whatever the subjects are (G4)', async () => {
      const { clients } = await service();
      // What lives: acknowledged, and nothing that could end it was sent after.
      const living = new Map<string, string>();
      const worker = async (client: Client, own: number) => {
        for (let i = 0; i < rounds.steps / 8; i++) {
          // Two workers never share a subject: then each knows what must be left of theirs.
          const subject = `${SUBJECTS[i % SUBJECTS.length]}${own}`;
          const token = await client.create('steps', subject);
          living.set(token, subject);
          await client.send('POST', `/steps/set/${token}`, { i });
          if (i % 3 === 0) {
            await client.send('DELETE', `/steps/kill/${token}`);
            living.delete(token);
          } else if (i % 16 === 7) {
            const theirs = [...living].filter(([, other]) => other === subject);
            const { json } = await client.send('DELETE', `/steps/killsoid/${encodeURIComponent(subject)}`);
            assert.deepEqual(json, { kill: theirs.length });
            for (const [ended] of theirs) living.delete(ended);
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, own) => worker(clients[own % 2]!, own)));
      for (const client of clients) {
        const { json: all } = await client.send('GET', '/steps/soapp?dt=600');
        const listed = all.sessions.map(({ id }: { id: string }) => id).sort();
        assert.deepEqual(listed, [...living.values()].sort());
        const { json: activity } = await client.send('GET', '/steps/activity?dt=600');
        assert.deepEqual(activity, { activity: new Set(living.values()).size });
      }
    });

    test('what all of this left agrees with its indexes, and ends without a trace (G2, G4)', async () => {
      const { stop, shared } = await service();
      await stop();
      assert.deepEqual(await shared.faults(), []);
      const one = { ...shared, own: [{}] };
      const again = await begin({ after: (end) => void ends.unshift(end) }, one);
      for (const app of ['merge', 'zombie', 'revoke', 'steps'])
        await again.clients[0]!.send('DELETE', `/${app}/killall`);
      await again.stop();
      assert.deepEqual(await shared.contents(), []);
    });
  });
}

async function start(cleanup: Cleanup, open: (cleanup: Cleanup) => Promise<SharedStore>) {
  const shared = await open(cleanup);
  const { clients, stop } = await begin(cleanup, shared);
  return { shared, clients: clients as [Client, Client], stop };
}

/** Starts a process for each of `own`. */
async function begin(
  cleanup: Cleanup,
  { env, own = [{}, {}] }: Pick<SharedStore, 'env'> & { own?: readonly object[] },
) {
  const servers: ServerProcess[] = [];
  for (const apart of own) servers.push(await startServer(cleanup, { ...env, ...apart }));
  const clients = servers.map((server) => new Client(server.url));
  cleanup.after(() => clients.forEach((client) => void client.close()));
  return { clients, stop: () => Promise.all(servers.map((server) => server.end())) };
}
