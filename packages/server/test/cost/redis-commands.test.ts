/**
 * What each verb makes Redis do, counted by Redis itself: a command more for every read is nothing that a test of behaviour
 * sees, and no machine is quiet enough to see it by the clock. Commands inside a script count, too. A change that makes a
 * verb dearer on purpose changes its line here, and says why; one that makes it cheaper should, or the gain can be lost again.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { forAllTests, PATIENT, startRedis } from '../support/redis.ts';
import { startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { openLine, read } from './requests.ts';

/** How often each verb is used, so that what a server does beside them (its own look at Redis) is no part of the count. */
const TIMES = 20;
/** What the counting itself asks for, and what a server asks now and then that has journals. */
const OWN = new Set(['info', 'config|resetstat', 'hkeys']);

type Counts = Record<string, number>;
type Call = (use: Use) => Promise<{ status: number }>;

interface Use {
  readonly client: Client;
  readonly app: string;
  /** Of a session of the user `user` and n. */
  readonly token: string;
  readonly n: number;
}

const session = ({ client, app, token }: Use, method: string, query = '', body?: unknown) =>
  client.send(method, `/v1/apps/${app}/session${query}`, body, {
    'Session-Token': token,
    ...(body !== undefined && { 'Content-Type': 'application/merge-patch+json' }),
  });

const VERBS: Record<string, { call: Call; most: Counts }> = {
  'classic get': {
    call: ({ client, app, token }) => client.send('GET', `/${app}/get/${token}`),
    most: { evalsha: 1, time: 1, hget: 1, hset: 1, zadd: 2 },
  },
  'classic set': {
    call: ({ client, app, token }) => client.send('POST', `/${app}/set/${token}`, { a: 1 }),
    most: { evalsha: 2, time: 2, hget: 2, hset: 1, hdel: 1, zadd: 4 },
  },
  'classic create': {
    call: ({ client, app, n }) => client.send('PUT', `/${app}/create/new${n}?ip=192.0.2.1`),
    most: { evalsha: 1, time: 1, exists: 1, hget: 2, hset: 2, zadd: 4, zincrby: 1 },
  },
  'classic kill': {
    call: ({ client, app, token }) => client.send('DELETE', `/${app}/kill/${token}`),
    most: { evalsha: 1, time: 1, hget: 2, hdel: 3, zadd: 1, zrem: 3 },
  },
  'classic soid': {
    call: ({ client, app, n }) => client.send('GET', `/${app}/soid/user${n}`),
    most: { evalsha: 1, time: 1, hget: 2, hdel: 1 },
  },
  'classic killsoid': {
    call: ({ client, app, n }) => client.send('DELETE', `/${app}/killsoid/user${n}`),
    most: { evalsha: 1, time: 1, hget: 3, hdel: 3, zadd: 1, zrem: 3 },
  },
  'GET session': { call: (use) => session(use, 'GET'), most: { evalsha: 1, time: 1, hget: 1, hdel: 1 } },
  'GET session, touch': {
    call: (use) => session(use, 'GET', '?touch=true'),
    most: { evalsha: 1, time: 1, hget: 1, hset: 1, zadd: 2 },
  },
  'PATCH session': {
    call: (use) => session(use, 'PATCH', '', { a: 1 }),
    most: { evalsha: 2, time: 2, hget: 2, hset: 1, hdel: 1, zadd: 4 },
  },
  'DELETE session': {
    call: (use) => session(use, 'DELETE'),
    most: { evalsha: 1, time: 1, hget: 2, hdel: 3, zadd: 1, zrem: 3 },
  },
  'POST sessions': {
    call: ({ client, app, n }) => client.send('POST', `/v1/apps/${app}/sessions`, { subject: `new${n}` }),
    most: { evalsha: 1, time: 1, exists: 1, hget: 2, hset: 2, zadd: 4, zincrby: 1 },
  },
  'list of a subject': {
    call: ({ client, app, n }) => client.send('GET', `/v1/apps/${app}/subjects/user${n}/sessions`),
    most: { evalsha: 1, time: 1, hget: 2, hdel: 1 },
  },
};

/**
 * What a change costs more in an app with a journal: a look where that ends, its line, and where it ends then. Nothing is moved on one
 * server, and a read costs nothing more.
 */
const TOLD = { hmget: 1, xadd: 1, hset: 1 };
const TELLING: Record<string, Counts> = {
  'classic get': {},
  'classic create': TOLD,
  'classic kill': TOLD,
  'GET session, touch': {},
  'PATCH session': {},
  'DELETE session': TOLD,
  'POST sessions': TOLD,
};

describe('what Redis does', () => {
  const redis = forAllTests((cleanup) => startRedis(cleanup));
  const server = forAllTests(async (cleanup) => {
    const told = Object.keys(TELLING).map((_, i) => `told${i}`);
    const policy = join(temporaryFolder(cleanup), 'policy.json');
    writeFileSync(policy, JSON.stringify({ apps: Object.fromEntries(told.map((app) => [app, { events: true }])) }));
    const store = `redis://127.0.0.1:${redis().port}`;
    const started = await startServer(cleanup, { ...PATIENT, RS_STORE: store, RS_CONFIG: policy });
    const client = new Client(started.url);
    cleanup.after(() => client.close());
    return { ...started, client };
  });
  const counted = async (work: () => Promise<unknown>): Promise<Counts> => {
    await redis().admin.config('RESETSTAT');
    await work();
    const stats = await redis().admin.info('commandstats');
    const all = [...stats.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)].map(([, name, calls]) => [name!, Number(calls)]);
    return Object.fromEntries(all.filter(([name]) => !OWN.has(name as string)));
  };
  // Each test in an app of its own: the sessions of a user are those it made.
  const create = (app: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => server().client.create(app, `user${i}`, { a: 0 })));

  const assertCost = async (app: string, call: Call, most: Counts) => {
    const tokens = await create(app, TIMES + 1);
    const use = async (n: number) => {
      const { status } = await call({ client: server().client, app, token: tokens[n]!, n });
      assert.ok(status >= 200 && status < 300, `it answers ${status}`);
    };
    // The first one may load a script.
    await use(TIMES);
    const counts = await counted(async () => {
      for (let n = 0; n < TIMES; n++) await use(n);
    });
    assertAtMost(counts, most, TIMES);
  };

  for (const [i, [name, { call, most }]] of Object.entries(VERBS).entries()) {
    test(`for ${name} is no more than it was`, async () => {
      await assertCost(`cost${i}`, call, most);
    });
  }

  for (const [i, [name, more]] of Object.entries(TELLING).entries()) {
    test(`for ${name} is no more with events than a line`, async () => {
      const { call, most } = VERBS[name]!;
      await assertCost(`told${i}`, call, summed(most, more));
    });
  }

  test('for 100 tokens that are verified together is one look-up for each, in two calls', async () => {
    const tokens = await create('verify', 100);
    const counts = await counted(() => server().client.send('POST', '/v1/apps/verify/sessions:verify', { tokens }));
    assertAtMost(counts, { evalsha: 2, time: 2, hget: 100, hdel: 2 }, 1);
  });

  const skip = process.platform !== 'linux' && 'whether a process is stopped is asked of /proc';
  test('for 16 reads that come together is one call, and no more for each than alone', { skip }, async () => {
    const tokens = await create('together', 16);
    const lines = await Promise.all(tokens.map(() => openLine(server().port)));
    const readAll = () => lines.map((line, i) => line.send(read(`/together/get/${tokens[i]}`)));
    await Promise.all(readAll().map(({ answered }) => answered));
    const counts = await counted(async () => {
      // While it is stopped the requests gather before it, so it finds them all in one turn.
      server().child.kill('SIGSTOP');
      await until(() => / T /.test(readFileSync(`/proc/${server().child.pid}/stat`, 'utf8')), 'the server is stopped');
      const sent = readAll();
      await Promise.all(sent.map(({ left }) => left));
      server().child.kill('SIGCONT');
      await Promise.all(sent.map(({ answered }) => answered));
    });
    for (const { socket } of lines) socket.destroy();
    assertAtMost(counts, { evalsha: 1, time: 1, hget: 16, hset: 16, zadd: 32 }, 1);
  });
});

/** Compares what was counted in so many uses with what one use may cost. What a server does now and then falls out. */
function assertAtMost(counts: Counts, most: Counts, times: number): void {
  const each = Object.entries(counts).map(([name, calls]) => [name, Math.floor(calls / times)] as const);
  const dearer = each.filter(([name, calls]) => calls > (most[name] ?? 0));
  const told = `it costs ${JSON.stringify(Object.fromEntries(each))}, and may cost ${JSON.stringify(most)}`;
  assert.deepEqual(Object.fromEntries(dearer), {}, told);
}

function summed(a: Counts, b: Counts): Counts {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
