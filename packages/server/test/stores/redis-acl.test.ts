/** The account of docs/operations/redis.md is enough for the server, and grants nothing that it does not need. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Redis } from 'ioredis';
import { type Journal, SERVER_APP, START } from '../../src/core/events.ts';
import type { SessionStore } from '../../src/core/store.ts';
import { newSessionId, newToken, parseToken } from '../../src/core/token.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { APP, HOUR, make, makeAliased, put, T0 } from '../conformance/harness.ts';
import { conformance } from '../conformance/suite.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { as, commandsCalled, createAccount, documentedRules, refused } from '../support/redis-acl.ts';
import { openOn } from '../support/redis-store.ts';
import { startCluster } from '../support/redis-topologies.ts';

const one = forAllTests(async (cleanup) => {
  const server = await startRedis(cleanup);
  const account = await createAccount([server.admin], 'test');
  return { server, account, doctor: await createAccount([server.admin], 'test', 'doctor') };
});
const url = () => `redis://127.0.0.1:${one().server.port}`;

conformance(
  'Redis, as the account of docs/operations/redis.md',
  (t, journal) =>
    openOn(t, as(one().account, url()), [one().server.admin], { auditUrl: as(one().doctor, url()), journal }),
  { modelRuns: 5 },
);

describe('the account of docs/operations/redis.md', () => {
  test('is granted single commands on keys of the namespace, no category, and one command that Redis calls dangerous', async () => {
    const { admin } = one().server;
    const rules = documentedRules('server', 'drs', 'x');
    assert.deepEqual(rules.slice(0, 6), ['sessions', 'reset', 'on', '>x', '~{drs:*', '~drs:*']);
    for (const rule of rules.slice(6)) assert.match(rule, /^\+[a-z|]+$/);
    const dangerous = (await admin.call('ACL', 'CAT', 'dangerous')) as string[];
    assert.deepEqual(
      one().account.commands.filter((command) => dangerous.includes(command)),
      ['info'],
    );
  });

  test('of a version before, without the commands that end many sessions at once, ends an app all the same', async (t) => {
    const { server } = one();
    const rules = documentedRules('server', 'earlier', 'x').slice(1);
    const since = ['+rename', '+unlink', '+pexpire', '+hlen', '+hscan'];
    const earlier = rules.filter((rule) => !since.includes(rule));
    assert.equal(earlier.length, rules.length - since.length);
    await server.admin.call('ACL', 'SETUSER', 'earlier', ...earlier);
    const store = open(as({ name: 'earlier', password: 'x', commands: [] }, url()), 'earlier', 0, null);
    t.after(() => store.close());
    await store.ready();
    for (let i = 0; i < 120; i++) await put(store);
    assert.equal(await store.revoke(APP, { by: 'app' }, T0), 120);
    assert.deepEqual(await server.admin.keys('{earlier:*'), []);
    // It was asked whether it may, and the tests below look for what was refused.
    await server.admin.call('ACL', 'LOG', 'RESET');
  });

  test('of a version before, without the commands of events: a change of an app with events is refused, and not half done', async (t) => {
    const { server } = one();
    const rules = documentedRules('server', 'earlier', 'x').slice(1);
    await server.admin.call(
      'ACL',
      'SETUSER',
      'earlier',
      ...rules.filter((rule) => !/^[+](hmget|x|l[a-z]+$)/.test(rule)),
    );
    const url = as({ name: 'earlier', password: 'x', commands: [] }, `redis://127.0.0.1:${server.port}`);
    const [without, telling] = [open(url, 'earlier', 0, null), open(url, 'earlier')];
    t.after(() => Promise.all([without.close(), telling.close()]));
    await Promise.all([without.ready(), telling.ready()]);
    const { ref, session } = await put(without);
    await assert.rejects(telling.revoke(APP, { by: 'token', token: ref }, T0), { code: 'store_unavailable' });
    assert.ok(await without.find(APP, session.id, T0));
    assert.equal(await without.revoke(APP, { by: 'app' }, T0), 1);
    assert.deepEqual(await server.admin.keys('{earlier:*'), []);
    await server.admin.call('ACL', 'LOG', 'RESET');
  });

  test('reaches no key of another namespace', async (t) => {
    const { account } = one();
    const store = open(as(account, url()), 'other');
    t.after(() => store.close());
    await store.ready();
    await assert.rejects(store.ping(), /did not do its work/);
  });

  test('serves every verb on a Cluster, also while slots move, and on another database', {
    timeout: 120_000,
  }, async (t) => {
    const cluster = await startCluster(t);
    const account = await createAccount(
      cluster.nodes.map(({ admin }) => admin),
      'test',
    );
    const masters = (await cluster.masters()).map(({ admin }) => admin);
    await migrateSlotOf('test:apps', masters);
    const store = open(as(account, cluster.url), 'test', 1);
    const second = open(as(one().account, `${url()}/1`), 'test');
    t.after(() => Promise.all([store.close(), second.close()]));
    for (const each of [store, second]) {
      await each.ready();
      await everyVerb(each);
    }
    const servers = [one().server.admin, ...masters];
    const called = (await Promise.all(servers.map(commandsCalled))).flat();
    for (const command of account.commands) assert.ok(called.includes(command), `${command} is granted and never used`);
    for (const server of servers) assert.deepEqual(await refused(server, 'test'), [], 'nothing was refused');
  });
});

function open(url: string, namespace: string, replicas = 0, history: number | null = HOUR): RedisStore {
  const journal = () => (history === null ? null : { events: true, updates: true, history });
  return new RedisStore({ url, namespace, timeout: 5000, replicas, onError: () => {}, journal });
}

async function everyVerb(store: SessionStore): Promise<void> {
  const [plain, aliased, other] = [make(), makeAliased('a-token-of-the-caller'), make({ subject: 'guest' })];
  const cap = { max: 2, onLimit: 'revokeOldest' } as const;
  for (const { session, credential } of [plain, aliased, other]) {
    assert.equal((await store.create(session, credential, cap, T0, 3)).kind, 'created');
  }
  const surplus = make({ subject: 'surplus' });
  assert.equal((await store.create(surplus.session, surplus.credential, cap, T0, 3)).kind, 'full');
  for (const { ref } of [plain, aliased]) assert.ok(await store.get(APP, ref, 'read', T0 + 5000));
  assert.equal((await store.getMany(APP, [plain.ref, other.ref], 'look', T0)).length, 2);
  assert.ok(await store.find(APP, plain.session.id, T0));
  const change = { expect: 1, version: 2, data: `{"a":"${'x'.repeat(400)}"}` };
  assert.equal((await store.update(APP, plain.ref, change, T0))?.kind, 'updated');
  const rotation = { credential: newToken(plain.session.id, 'classic').credential, graceUntil: T0 };
  assert.equal((await store.rotate(APP, plain.ref, rotation, T0))?.kind, 'rotated');
  const id = newSessionId('user9');
  const move = { id, subject: 'user9', cap: null };
  const { token, credential } = newToken(id, 'classic');
  assert.equal((await store.rotate(APP, other.ref, { credential, graceUntil: T0, move }, T0))?.kind, 'rotated');
  assert.equal((await store.list(APP, { limit: 10 }, T0)).sessions.length, 3);
  assert.equal((await store.list(APP, { subject: 'user9', limit: 10 }, T0)).sessions.length, 1);
  assert.deepEqual(await store.count(APP, T0 - HOUR, T0), { sessions: 3, subjects: 2 });
  assert.equal(await store.revoke(APP, { by: 'token', token: parseToken(token) }, T0), 1);
  assert.equal(await store.revoke(APP, { by: 'id', id: plain.session.id }, T0), 1);
  assert.equal(await store.revoke(APP, { by: 'subject', subject: 'user123' }, T0), 1);
  assert.equal(await store.revoke(APP, { by: 'app' }, T0), 0);
  await store.memo(APP, 'a-name', { text: 'x', instead: null, until: T0 + HOUR }, T0);
  await store.sweep(T0, 10);
  await everyQuestion(store.journal);
  await store.ping();
}

async function everyQuestion(journal: Journal): Promise<void> {
  await journal.append(SERVER_APP, { type: 'key.changed', session: '', subject: null, version: 0, what: '{}' }, T0);
  await journal.settle(T0);
  assert.deepEqual(await journal.apps(), [SERVER_APP, APP]);
  const { events, next } = await journal.read(APP, START, 100);
  assert.equal(await journal.count(APP, START, next), events.length);
  assert.equal((await journal.lasts([APP]))[0], next);
  assert.equal((await journal.extent(APP)).events, events.length);
  assert.equal(await journal.trim(APP, next), events.length);
  assert.equal((await journal.history(APP, 'user9', T0)).length, 1);
  assert.equal(await journal.eraseHistory(APP, 'user9'), 1);
}

/** Leaves the slot of a key half-way between two masters: the client is sent on with ASK. */
async function migrateSlotOf(key: string, masters: readonly Redis[]): Promise<void> {
  const slot = (await masters[0]!.call('CLUSTER', 'KEYSLOT', key)) as number;
  const ids = await Promise.all(masters.map(async (master) => String(await master.call('CLUSTER', 'MYID'))));
  const ranges = (await masters[0]!.call('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][];
  const owner = ids.indexOf(ranges.find(([from, to]) => from <= slot && slot <= to)![2][2]);
  const target = (owner + 1) % masters.length;
  await masters[target]!.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[owner]!);
  await masters[owner]!.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[target]!);
}
