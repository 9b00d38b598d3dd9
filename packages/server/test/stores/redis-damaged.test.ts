/**
 * A record that cannot be read (damaged, or of a form that a newer version wrote) is `store_unavailable` for a verb that
 * meets it alone. Verbs that meet others too pass it over; revoke-all ends it; the sweep leaves it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import { FORM } from '../../src/stores/redis/record.ts';
import { APP, HOUR, type Made, make, put, SECOND, T0 } from '../conformance/harness.ts';
import { Client } from '../support/client.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { startServer } from '../support/server.ts';

const server = forAllTests((cleanup) => startRedis(cleanup));
const open = (t: { after(fn: () => unknown): void }) =>
  openOn(t, `redis://127.0.0.1:${server().port}`, [server().admin], { audited: false });

/** How a record may be: what is done to its bytes. */
const DAMAGES: Record<string, (record: Buffer) => Buffer> = {
  'of another form': (record) => Buffer.concat([Buffer.of(FORM + 1), record.subarray(1)]),
  'cut short': (record) => record.subarray(0, -3),
  'cut within its head': (record) => record.subarray(0, 20),
  'no record at all': () => Buffer.from('damaged'),
};

async function damage({ session }: Made, how: (record: Buffer) => Buffer, namespace = 'test'): Promise<string> {
  const key = `{${namespace}:${session.app}:${session.id.slice(0, 2)}}:s`;
  const record = (await server().admin.hgetBuffer(key, session.id))!;
  await server().admin.hset(key, session.id, how(record));
  return key;
}

const unavailable = (error: unknown) => error instanceof ServiceError && error.code === 'store_unavailable';

describe('a record that cannot be read', () => {
  for (const [form, how] of Object.entries(DAMAGES)) {
    test(`${form} is store_unavailable for every verb on it, and stays as it is`, async (t) => {
      const { store } = await open(t);
      const bad = await put(store, { absoluteExpiresAt: T0 + HOUR });
      const key = await damage(bad, how);
      const before = await server().admin.hgetBuffer(key, bad.session.id);
      const { ref, session, credential } = bad;
      const next = { credential: make().credential, graceUntil: T0 };
      for (const verb of [
        () => store.get(APP, ref, 'read', T0 + SECOND),
        () => store.get(APP, ref, 'look', T0 + SECOND),
        () => store.find(APP, session.id, T0),
        () => store.update(APP, ref, { expect: 1, version: 2, data: '{"a":1}' }, T0),
        () => store.rotate(APP, ref, next, T0),
        () => store.rotate(APP, ref, { ...next, move: { id: make().session.id, subject: 'b', cap: null } }, T0),
        () => store.revoke(APP, { by: 'token', token: ref }, T0),
        () => store.revoke(APP, { by: 'id', id: session.id }, T0),
      ]) {
        await assert.rejects(verb(), unavailable, String(verb));
      }
      assert.equal((await store.create(session, credential, null, T0)).kind, 'taken');
      // A get unpacks only what it needs, so it counts a read of one whose end is missing.
      const after = await server().admin.hgetBuffer(key, session.id);
      if (form !== 'cut short') assert.deepEqual(after, before);
    });

    test(`${form} makes no list, count, cap or sweep of others fail`, async (t) => {
      const { store } = await open(t);
      // All of one subject, so that all are in one partition; seen in one second, which lists and counts read whole.
      const all = [await put(store), await put(store), await put(store), await put(store)];
      const [bad, good, expiring, guest] = [all[0]!, all[1]!, await put(store, { idleTimeout: SECOND }), all[3]!];
      await damage(bad, how);
      const others = [good, all[2]!, guest, expiring].map(({ session }) => session.id).sort();
      const ids = async (query: object) =>
        (await store.list(APP, { limit: 10, ...query }, T0)).sessions.map(({ id }) => id).sort();
      assert.deepEqual(await ids({}), others);
      assert.deepEqual(await ids({ activeSince: T0 }), others);
      assert.deepEqual(await ids({ subject: 'user123' }), others);
      assert.equal((await store.count(APP, T0 + 1 - SECOND, T0)).subjects, 1);
      assert.equal(await store.sweep(T0 + SECOND, 10), 1);
      const last = make();
      const cap = { max: 3, onLimit: 'revokeOldest' } as const;
      const outcome = await store.create(last.session, last.credential, cap, T0 + SECOND);
      assert.ok(outcome.kind === 'created' && outcome.revoked.length === 1);
    });

    test(`${form} is ended by a revoke-all of its subject or its app, with all that belongs to it`, async (t) => {
      const { store, contents } = await open(t);
      for (const selector of [{ by: 'subject', subject: 'user123' } as const, { by: 'app' } as const]) {
        const [bad] = [await put(store, { data: `{"long":"${'x'.repeat(400)}"}` }), await put(store)];
        await damage(bad!, how);
        assert.equal(await store.revoke(APP, selector, T0), 1, 'what cannot be read is not counted');
        assert.deepEqual(await contents(), []);
      }
    });
  }

  test('the sweep leaves it, looks again in an hour, and does not stop at many of them', async (t) => {
    const { store, faults } = await open(t);
    const bad: Made[] = [];
    for (let i = 0; i < 12; i++) bad.push(await put(store, { idleTimeout: SECOND }));
    for (const made of bad) await damage(made, DAMAGES['of another form']!);
    await put(store, { idleTimeout: 2 * SECOND });
    assert.equal(await store.sweep(T0 + 5 * SECOND, 5), 1);
    // The newer version is taken back: what it wrote can be read again.
    for (const made of bad) await damage(made, (record) => Buffer.concat([Buffer.of(FORM), record.subarray(1)]));
    assert.equal(await store.sweep(T0 + 6 * SECOND, 50), 0);
    assert.equal(await store.sweep(T0 + 5 * SECOND + HOUR, 50), 12);
    assert.deepEqual(await faults(), []);
  });

  test('reads of one turn get their own answers beside one of another form', async (t) => {
    const { store } = await open(t);
    const all = [await put(store), await put(store), await put(store)];
    await damage(all[1]!, DAMAGES['of another form']!);
    const reads = await Promise.allSettled(all.map(({ ref }) => store.get(APP, ref, 'read', T0 + SECOND)));
    assert.deepEqual(
      reads.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  test('over HTTP it is 503 with Retry-After', async (t) => {
    await server().admin.flushall();
    const { url } = await startServer(t, { RS_STORE: `redis://127.0.0.1:${server().port}`, RS_SWEEP_INTERVAL: '3600' });
    const client = new Client(url);
    t.after(() => client.close());
    const token = await client.create('shop', 'u1');
    const made = make({ id: token.slice(2, 18) });
    await damage(made, DAMAGES['of another form']!, 'drs');
    for (const [method, path] of [
      ['GET', `/shop/get/${token}`],
      ['POST', `/shop/set/${token}`],
      ['DELETE', `/shop/kill/${token}`],
    ] as const) {
      const { status, headers, json } = await client.send(method, path, method === 'POST' ? { a: 1 } : undefined);
      assert.deepEqual([status, headers['retry-after'], json.name], [503, '1', 'storeUnavailable'], method);
    }
    assert.deepEqual((await client.send('GET', '/shop/soid/u1')).json, { sessions: [] });
    assert.deepEqual((await client.send('DELETE', '/shop/killall')).json, { kill: 0 });
    assert.deepEqual(await server().admin.keys('*:s'), []);
  });
});
