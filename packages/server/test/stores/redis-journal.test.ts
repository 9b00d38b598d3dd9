/** The journal in Redis: against other processes, against death between its steps, and what of it stays in Redis. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type JournalEvent, NOBODY, START } from '../../src/core/events.ts';
import { newSessionId } from '../../src/core/token.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { journalOf } from '../conformance/events.ts';
import { APP, HOUR, make, put, SECOND, T0 } from '../conformance/harness.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { inside } from '../support/redis-inside.ts';
import { STEADY, startCluster } from '../support/redis-topologies.ts';
import { rounds } from '../support/rounds.ts';
import { type Cleanup, lastFirst } from '../support/server.ts';
import { until } from '../support/until.ts';
import { startVerbs } from '../support/verbs.ts';

const RULES = { events: true, updates: false, history: null };
const ROUNDS = rounds(60, 0.3);

const one = forAllTests((cleanup) => startRedis(cleanup));
const cluster = forAllTests((cleanup) => startCluster(cleanup, STEADY));
const WHERE = {
  'one server': () => ({ url: `redis://127.0.0.1:${one().port}`, forms: async () => [one().admin] }),
  'a Cluster': () => ({
    url: cluster().url,
    forms: async () => (await cluster().masters()).map(({ admin }) => admin),
  }),
};

/** Opens a store on an empty namespace of its own. */
async function openedOn(t: Cleanup, url: string, namespace: string, clock: 'redis' | 'argument' = 'argument') {
  const onError = (error: unknown) => t.after(() => Promise.reject(error));
  const store = new RedisStore({ url, namespace, timeout: 30_000, clock, onError, journal: () => RULES });
  t.after(() => store.close());
  await store.ready();
  return store;
}

/** Gives the events of each session, in their order. */
function bySession(events: readonly JournalEvent[]): Map<string, JournalEvent[]> {
  const all = new Map<string, JournalEvent[]>();
  for (const event of events) all.set(event.session, [...(all.get(event.session) ?? []), event]);
  return all;
}

async function eventsOf(store: RedisStore): Promise<JournalEvent[]> {
  return (await journalOf(store)).map(({ event }) => event);
}

for (const [name, where] of Object.entries(WHERE)) {
  describe(`the journal on ${name}`, () => {
    test('of two processes that end the same sessions, and of their movers, each end is told once', async (t) => {
      const cleanup = lastFirst(t);
      const namespace = 'ends';
      const store = await openedOn(cleanup, where().url, namespace, 'redis');
      const others = await Promise.all([0, 1].map(() => startVerbs(cleanup, where().url, namespace, true)));
      for (let round = 0; round < ROUNDS; round++) {
        const now = Date.now();
        const made = make({ subject: `user${round}`, createdAt: now });
        const extra = make({ subject: `user${round}`, createdAt: now });
        await others[round % 2]!.call('create', made.session, made.credential, null, now);
        await store.create(extra.session, extra.credential, null, now);
        const [first, second] = others;
        const ended = await Promise.all([
          first!.call<number>('revoke', APP, { by: 'id', id: made.session.id }, now),
          second!.call<number>('revoke', APP, { by: 'subject', subject: `user${round}` }, now),
          store.revoke(APP, { by: 'app' }, now),
        ]);
        assert.equal(ended[0] + ended[1] + ended[2], 2);
      }
      const all = bySession(await eventsOf(store));
      assert.equal(all.size, 2 * ROUNDS);
      for (const events of all.values()) {
        assert.deepEqual(
          events.map(({ type }) => type),
          ['session.created', 'session.ended'],
        );
        assert.ok(events[1]!.count > events[0]!.count);
      }
    });

    test('a process that is killed with kill -9 loses no event of what it had answered', async (t) => {
      const cleanup = lastFirst(t);
      const namespace = 'killed';
      const store = await openedOn(cleanup, where().url, namespace, 'redis');
      const created: string[] = [];
      for (let round = 0; round < 4; round++) {
        const other = await startVerbs(cleanup, where().url, namespace, true);
        const now = Date.now();
        const answered = Array.from({ length: 40 }, async (_, i) => {
          const made = make({ subject: `s${i}`, createdAt: now });
          await other.call('create', made.session, made.credential, null, now);
          created.push(made.session.id);
        });
        await Promise.race(answered);
        await other.kill();
      }
      assert.ok(created.length > 0);
      const told = bySession(await eventsOf(store));
      for (const id of created) assert.equal(told.get(id)?.length, 1, 'told once');
      // What was done without an answer is told, too, and nothing else is.
      const sessions = (await store.list(APP, { limit: 1000 }, Date.now())).sessions.map(({ id }) => id);
      assert.deepEqual([...told.keys()].sort(), sessions.sort());
    });

    test('of a move that died half-way each half is told once, when it is tried again', async (t) => {
      const store = await openedOn(t, where().url, 'retried');
      const { ref, session } = await put(store, { subject: null });
      const id = newSessionId('ann');
      const target = make({ id, subject: 'ann' });
      const move = { id, subject: 'ann', cap: null };
      // What a process leaves that dies after the first of the two steps.
      const about = { origin: NOBODY, other: session.id };
      await inside(store).steps.add(target.session, target.credential, null, T0, { base: null, about });
      assert.equal((await eventsOf(store)).length, 1, 'nobody has heard of it');
      const rotation = { credential: target.credential, graceUntil: T0, move };
      assert.equal((await store.rotate(APP, ref, rotation, T0 + 1))?.kind, 'rotated');
      assert.equal(await store.rotate(APP, ref, rotation, T0 + 2), null);
      await store.revoke(APP, { by: 'id', id }, T0 + 3);
      const told = bySession(await eventsOf(store));
      assert.deepEqual(
        told.get(session.id)?.map(({ type, reason }) => reason ?? type),
        ['session.created', 'moved'],
      );
      assert.deepEqual(
        told.get(id)?.map(({ type, reason, from }) => [reason ?? type, from]),
        [
          ['session.rotated', session.id],
          ['revoked', undefined],
        ],
      );
    });

    test('a copy that is taken back is never heard of; one that nobody takes back is told by and by', async (t) => {
      const store = await openedOn(t, where().url, 'held');
      const about = { origin: NOBODY, other: newSessionId(null) };
      const add = async (subject: string) => {
        const { session, credential } = make({ subject, idleTimeout: 10 * HOUR });
        await inside(store).steps.add(session, credential, null, T0, { base: null, about });
        return session.id;
      };
      const back = await add('taken-back');
      await inside(store).steps.end(APP, { id: back, about: { reason: 'replaced', unheard: true } }, T0);
      const left = await add('left');
      await store.journal.settle(T0 + SECOND);
      assert.deepEqual(await eventsOf(store), [], 'its mover may still live');
      await store.journal.settle(T0 + HOUR);
      assert.deepEqual(
        (await eventsOf(store)).map(({ session, type }) => [session, type]),
        [[left, 'session.rotated']],
      );
    });

    test('a journal that was emptied and not used for a month is forgotten, and begins anew', async (t) => {
      const namespace = 'forgotten';
      const store = await openedOn(t, where().url, namespace);
      const now = Date.now();
      const { session } = await put(store, { createdAt: now });
      await store.revoke(APP, { by: 'id', id: session.id }, now);
      await store.journal.settle(now);
      const { last } = await store.journal.extent(APP);
      const keys = async () => (await Promise.all((await where().forms()).map((each) => each.keys('*')))).flat();
      const later = now + 40 * 24 * HOUR;
      await store.journal.settle(later);
      assert.deepEqual(await store.journal.apps(), [APP], 'it has events');
      assert.equal(await store.journal.trim(APP, last), 2);
      await store.journal.settle(now + HOUR);
      assert.deepEqual(await store.journal.apps(), [APP], 'it was in use');
      await store.sweep(later, 10);
      await store.journal.settle(later);
      assert.deepEqual(await store.journal.apps(), []);
      assert.deepEqual(
        (await keys()).filter((key) => key.includes(namespace)),
        [],
      );
      const next = await openedOn(t, where().url, namespace);
      await put(next, { createdAt: later });
      assert.equal((await eventsOf(next)).length, 1);
      assert.deepEqual(await next.journal.apps(), [APP]);
    });
  });
}

describe('outboxes', () => {
  const opened = async (t: Cleanup, namespace: string) => {
    const store = await openedOn(t, cluster().url, namespace);
    const { session } = await put(store);
    const partition = session.id.slice(0, 2);
    const outbox = `{${namespace}:${APP}:${partition}}:o`;
    const masters = await cluster().masters();
    const admin = masters[0]!.admin;
    const slot = (await admin.call('CLUSTER', 'KEYSLOT', outbox)) as number;
    const ranges = (await admin.call('CLUSTER', 'SLOTS')) as [number, number, [string, number, string]][];
    const port = ranges.find(([from, to]) => from <= slot && slot <= to)![2][1];
    const owner = masters.find((each) => each.port === port)!.admin;
    const lines = async () => Object.keys(await owner.hgetall(outbox)).filter((field) => /^\d+$/.test(field));
    await until(async () => (await lines()).length === 0);
    return { store, partition, outbox, owner, lines };
  };

  test('are empty soon after, and the journal has what was in them', async (t) => {
    const { store } = await opened(t, 'soon');
    const page = await store.journal.read(APP, START, 10);
    assert.equal(page.events.length, 1);
  });

  test('whose lines were copied, and not taken away by a process that died, are copied once', async (t) => {
    const { store, outbox, owner, lines } = await opened(t, 'copied');
    // As a process leaves it that dies between the two.
    const moved = await owner.hgetall(outbox);
    assert.equal(moved.n, '1');
    const [told] = await journalOf(store);
    const line = `0${told!.event.at.toString(16)}`.padStart(12, '0');
    await owner.hset(outbox, { t: '0', 1: `${line}c1\n1\n1\nnever told twice` });
    assert.equal(await store.journal.settle(T0), 0);
    assert.deepEqual(await lines(), []);
    assert.deepEqual(await journalOf(store), [told]);
  });

  test('that a failover has set back tell what comes under the numbers again', async (t) => {
    const { store, outbox, owner } = await opened(t, 'set-back');
    await put(store, { createdAt: T0 + 1 });
    await put(store, { createdAt: T0 + 2 });
    assert.equal((await eventsOf(store)).length, 3);
    await owner.hset(outbox, { n: '1', t: '1' });
    const { session } = await put(store, { createdAt: T0 + SECOND });
    const events = await eventsOf(store);
    assert.equal(events.length, 4);
    assert.equal(events[3]?.session, session.id);
  });

  test('that many processes move at once lose nothing, double nothing, and keep the order', async (t) => {
    const { store, partition } = await opened(t, 'many');
    const movers = await Promise.all(Array.from({ length: 4 }, () => openedOn(t, cluster().url, 'many')));
    let ended = false;
    const moving = movers.map(async (mover) => {
      while (!ended) await inside(mover).outboxes.move(APP, [partition]);
    });
    const writing = movers.map(async (mover) => {
      for (let i = 0; i < 40; i++) {
        const { ref } = await put(mover);
        await mover.revoke(APP, { by: 'token', token: ref }, T0);
      }
    });
    await Promise.all(writing).finally(() => {
      ended = true;
    });
    await Promise.all(moving);
    const told = await eventsOf(store);
    assert.equal(told.length, 1 + 4 * 40 * 2);
    const counts = told.map(({ count }) => count);
    assert.deepEqual(
      counts,
      counts.map((_, i) => i + 1),
    );
    await store.revoke(APP, { by: 'app' }, T0);
  });
});
