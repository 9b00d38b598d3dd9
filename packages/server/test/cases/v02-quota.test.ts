/** V2, V3, R17: the quota of an app is exact, and room that came free is there at once, whichever process asks. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../support/client.ts';
import { forAllTests } from '../support/redis.ts';
import { startServer, temporaryFolder } from '../support/server.ts';
import { callerToken, type OpenStoreOfSuite, V1 } from '../v1/harness.ts';
import { cluster, lmdb, memory, redis } from '../v1/stores.ts';

const ROUNDS = 2;
const quotas = (names: readonly string[], maxSessions: number, more: object = {}) =>
  names.map((name) => [name, { maxSessions, ...more }]);
const rounds = (name: string) => Array.from({ length: ROUNDS }, (_, i) => `${name}-${i}`);
const WAYS = ['token', 'id', 'subject', 'app', 'kill', 'killsoid', 'killall', 'replaced', 'expiry'] as const;
const APPS = Object.fromEntries([
  ...quotas(['sequence'], 100),
  ...quotas([...rounds('parallel'), ...rounds('chosen')], 10),
  ...quotas(['r17'], 20),
  ...quotas(
    WAYS.map((way) => `end-${way}`),
    2,
  ),
  ...quotas(['cap'], 3, { maxSessionsPerSubject: 1 }),
  ...quotas(['cap-refuse'], 3, { maxSessionsPerSubject: 1, onLimit: 'refuse' }),
  ...quotas(['moves', 'key', 'one-token'], 3),
  ...rounds('subject').map((name) => [name, { maxSessionsPerSubject: 5 }]),
]);

const STORES: Record<string, OpenStoreOfSuite> = { memory, lmdb, redis, 'Redis Cluster': cluster };

for (const [name, open] of Object.entries(STORES)) {
  describe(`the quota of an app on ${name}`, () => {
    const started = forAllTests(async (cleanup) => {
      const store = await open(cleanup);
      const policy = join(temporaryFolder(cleanup), 'policy.json');
      writeFileSync(policy, JSON.stringify({ apps: APPS }));
      // No sweep comes to help.
      const env = { RS_CONFIG: policy, RS_LOGLEVEL: 'warn', RS_SWEEP_INTERVAL: '3600', ...store.env };
      const servers = [await startServer(cleanup, env)];
      if (store.shared) servers.push(await startServer(cleanup, env));
      const clients = servers.map(({ url }) => new Client(url));
      cleanup.after(() => clients.forEach((client) => void client.close()));
      return { servers, clients, store };
    });
    /** Speaks to an app through one process or the other. */
    const app = (of: string, n = 0) => {
      const { clients } = started();
      return new V1(clients[n % clients.length]!, of);
    };
    const live = async (of: string) => (await app(of).list('?view=count')).json.sessions as number;
    const created = (answers: readonly { status: number }[]) => answers.filter(({ status }) => status === 201).length;
    /** Creates many at once, each process its share. */
    const flood = (of: string, count: number, body: (i: number) => object = () => ({})) =>
      Promise.all(Array.from({ length: count }, (_, i) => app(of, i).create(body(i))));

    // Each count asks all 256 partitions, on a Cluster one by one: it need not be asked as often there. Whoever is refused has
    // asked for one.
    const isSlow = name === 'Redis Cluster';
    const many = (count: number) => (isSlow ? count / 2 : count);
    const few = <T>(all: readonly T[]) => (isSlow ? all.slice(0, 1) : all);

    test('V2: more creates than the quota, one after the other, by turns: as many as it has room for get in', async () => {
      let taken = 0;
      for (let i = 0; i < (isSlow ? 104 : 120); i++) {
        const { status, json } = await app('sequence', i).create({});
        if (status === 201) taken++;
        else assert.deepEqual([status, json.code], [409, 'session_quota_reached']);
      }
      assert.deepEqual([taken, await live('sequence')], [100, 100]);
    });

    test(`V2: ${many(40)} creates at once into 10: ten get in, neither more nor fewer (kind: two processes race for the last room)`, async () => {
      for (const of of few(rounds('parallel')))
        assert.deepEqual([created(await flood(of, many(40))), await live(of)], [10, 10]);
    });

    test(`R17: ${many(60)} creates at once into 20, for a few subjects, over two processes`, async () => {
      const answers = await flood('r17', many(60), (i) => ({ subject: `u${i % 7}` }));
      assert.deepEqual([created(answers), await live('r17')], [20, 20]);
    });

    test('R17: a cap of a subject is exact over two processes', async () => {
      for (const of of few(rounds('subject'))) {
        assert.equal(created(await flood(of, 30, () => ({ subject: 'one' }))), 30);
        assert.equal(await live(of), 5);
      }
    });

    test('V2: sessions under chosen tokens count, and replacing one needs no room (kind: PUT)', async () => {
      for (const of of few(rounds('chosen'))) {
        const tokens = Array.from({ length: many(30) }, callerToken);
        const put = (token: string, i: number) => app(of, i).put(token, { subject: `u${i}` });
        const answers = await Promise.all(tokens.map(put));
        assert.deepEqual([created(answers), await live(of)], [10, 10]);
        const again = await Promise.all(tokens.map((token, i) => put(token, i + 1)));
        assert.deepEqual(
          again.map(({ status }) => status),
          answers.map(({ status }) => (status === 201 ? 200 : 409)),
        );
      }
    });

    test('V2: one token put 20 times at once takes one room, and so does one Idempotency-Key', async () => {
      const token = callerToken();
      const puts = await Promise.all(Array.from({ length: 20 }, (_, i) => app('one-token', i).put(token, {})));
      assert.deepEqual(
        [created(puts), puts.filter(({ status }) => status === 200).length],
        [1, 19],
        JSON.stringify(puts.map(({ status, json }) => [status, json.code])),
      );
      const keyed = (key: string) =>
        Promise.all(Array.from({ length: 12 }, (_, i) => app('key', i).create({}, { 'Idempotency-Key': key })));
      for (const key of ['a', 'b', 'c']) {
        const answers = await keyed(key);
        assert.equal(created(answers), 12);
        assert.equal(new Set(answers.map(({ json }) => json.token)).size, 1);
      }
      assert.deepEqual([created(await keyed('d')), created(await keyed('a')), await live('key')], [0, 12, 3]);
    });

    test('V2: a move is no new session: it goes at the quota, and takes and leaves no room (kind: rotate, PATCH, PUT)', async () => {
      const token = await app('moves').token({});
      const other = await app('moves', 1).token({ subject: 'b' });
      assert.equal((await app('moves').put(callerToken(), {})).status, 201);
      const { status, json } = await app('moves', 1).rotate(token, { subject: 'a' });
      assert.equal(status, 200);
      assert.equal((await app('moves').patch(other, { subject: 'c' })).status, 200);
      for (const n of [0, 1]) assert.equal((await app('moves', n).create({})).status, 409);
      await app('moves', 1).end(json.token);
      assert.deepEqual([created(await flood('moves', 6)), await live('moves')], [1, 3]);
    });

    test('V2: who ends a session of their own by their cap needs no room; others are refused', async () => {
      for (const n of [0, 1, 2]) assert.equal((await app('cap', n).create({ subject: `u${n}` })).status, 201);
      assert.equal((await app('cap').create({ subject: 'new' })).status, 409);
      const answers = await flood('cap', 12, (i) => ({ subject: `u${i % 3}` }));
      assert.deepEqual([created(answers), await live('cap')], [12, 3]);
      assert.equal((await app('cap', 1).create({})).status, 409, 'a guest');
      for (const n of [0, 1, 2]) assert.equal((await app('cap-refuse', n).create({ subject: `u${n}` })).status, 201);
      const refused = await app('cap-refuse').create({ subject: 'u1' });
      assert.equal(refused.json.code, 'session_limit_reached');
      assert.equal((await app('cap-refuse').create({ subject: 'new' })).json.code, 'session_quota_reached');
    });

    test('V3: room is there at once when sessions have ended, whoever ended them and whoever asks (kind: every way to end)', async () => {
      type End = (of: V1, made: { token: string; session: { id: string } }[]) => Promise<unknown>;
      const each =
        (end: (of: V1, one: { token: string; session: { id: string } }) => Promise<unknown>): End =>
        async (of, made) =>
          void (await Promise.all(made.map((one) => end(of, one))));
      const ends: Record<(typeof WAYS)[number], End> = {
        token: each((of, { token }) => of.end(token)),
        id: each((of, { session }) => of.send('DELETE', `/sessions/${session.id}`)),
        subject: (of) => of.endSubject('u'),
        app: (of) => of.send('DELETE', `/sessions?confirm=${of.name}`),
        kill: each((of, { token }) => of.client.send('DELETE', `/${of.name}/kill/${token}`)),
        killsoid: (of) => of.client.send('DELETE', `/${of.name}/killsoid/u`),
        killall: (of) => of.client.send('DELETE', `/${of.name}/killall`),
        replaced: each((of, { token }) => of.put(token, { idleTimeout: 0 })),
        expiry: async (of) => {
          for (let waited = 0; (await of.list('?view=count')).json.sessions > 0; waited += 250) {
            assert.ok(waited < 30_000, 'they do not expire');
            // Each question is 256 calls of a Cluster.
            await delay(250);
          }
        },
      };
      for (const way of isSlow ? (['token', 'app', 'expiry'] as const) : WAYS) {
        for (const asks of isSlow ? [1] : [0, 1]) {
          const of = `end-${way}`;
          const body = { subject: 'u', ...(way === 'expiry' && { absoluteTimeout: 1 }) };
          const made = await Promise.all([0, 1].map(async (n) => (await app(of, n).create(body)).json));
          if (way !== 'expiry') assert.equal((await app(of, asks).create(body)).status, 409, way);
          await ends[way](app(of, 0), made);
          const answers = [await app(of, asks).create({}), await app(of, asks).create({}), await app(of).create({})];
          assert.deepEqual(
            answers.map(({ status }) => status),
            [201, 201, 409],
            `${way}, asked of process ${asks}`,
          );
          await app(of).send('DELETE', `/sessions?confirm=${of}`);
        }
      }
    });

    test('G4, G7: the counts agree with the sessions, and nothing stays when all have ended', async () => {
      const { servers, store } = started();
      const { json } = await app('').client.send('GET', '/v1/apps');
      for (const { app: of } of json.apps) await app(of).send('DELETE', `/sessions?confirm=${of}`);
      await Promise.all(servers.map((server) => server.end()));
      assert.deepEqual(await store.faults(), []);
      const left = (await store.contents()).filter((line) => !/:n |memo/i.test(line));
      assert.deepEqual(left, []);
    });
  });
}
