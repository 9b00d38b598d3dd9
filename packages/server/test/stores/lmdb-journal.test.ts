/** The journal of the embedded store: in blocks, told of across processes and kills, and nothing at all where it is off. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JournalRules, type JournalSource, type Position, START, type Told } from '../../src/core/events.ts';
import { newerFormat } from '../../src/stores/format.ts';
import { openLmdbAudit } from '../../src/stores/lmdb/audit.ts';
import { Environment } from '../../src/stores/lmdb/environment.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { LmdbReader } from '../../src/stores/lmdb/reader.ts';
import { lmdbStatistics } from '../../src/stores/lmdb/statistics.ts';
import { Tables } from '../../src/stores/lmdb/tables.ts';
import { journalOf } from '../conformance/events.ts';
import { APP, HOUR, type Made, make, makeAliased, put, SECOND, T0 } from '../conformance/harness.ts';
import { faultsOf } from '../support/audit.ts';
import { Chance } from '../support/chance.ts';
import { olderStores, putFile } from '../support/older-stores.ts';
import { rounds } from '../support/rounds.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { startVerbs } from '../support/verbs.ts';

const NAMESPACE = 'test';
const DAY = 24 * HOUR;
const RULES: JournalRules = { events: true, updates: true, history: null };
const HISTORY: JournalRules = { events: false, updates: false, history: 30 * DAY };
const MANY = rounds(20_000, 0.2);
const SUPPORT = { by: 'support', note: 'sold' };

function open(t: Cleanup, path: string, journal?: JournalSource, clock?: () => number): LmdbStore {
  const onError = (error: unknown) => t.after(() => Promise.reject(error));
  const store = new LmdbStore({ path, namespace: NAMESPACE, clock, onError, journal });
  t.after(() => store.close());
  return store;
}

const create = (store: LmdbStore, { session, credential }: Made) =>
  store.create(session, credential, null, session.createdAt);

async function formatOf(path: string): Promise<unknown> {
  const tables = new Tables(path, NAMESPACE, { readOnly: true });
  const noted = tables.format.noted();
  await tables.close();
  return noted;
}

/** Tells which types a session had, in order. */
const typesOf = (told: readonly Told[], id: string) =>
  told.flatMap(({ event }) => (event.session === id ? event.type.slice('session.'.length) : []));

test('pages, counts and trims are right across blocks, of one app among others', async (t) => {
  const chance = new Chance(5);
  const store = open(t, temporaryFolder(t), () => RULES);
  // Apps whose names begin alike stand beside each other. One event is longer than a block.
  const apps = [APP, 'sho', 'shop-2'];
  const all = Array.from({ length: 900 }, (_, i) => {
    const userAgent = i === 500 ? 'ü\n'.repeat(3000) : `Agent ${'x'.repeat(chance.below(200))}`;
    return make({ app: apps[i % 3]!, subject: null, createdAt: T0 + chance.below(4), userAgent });
  });
  for (let i = 0; i < all.length; i += 45) await Promise.all(all.slice(i, i + 45).map((one) => create(store, one)));
  const { journal } = store;
  for (const app of apps) {
    const own = all.filter(({ session }) => session.app === app);
    let told = await journalOf(store, app);
    assert.deepEqual(told.map(({ event }) => event.session).sort(), own.map(({ session }) => session.id).sort());
    assert.deepEqual(
      told.map(({ event }) => event.count),
      told.map((_, i) => i + 1),
    );
    const places: Position[] = [START, ...told.map(({ position }) => position), `${T0 * 2}-0`, `${T0}-5000`, '5-5'];
    for (let i = 0; i < 40; i++) {
      const [after, to] = [chance.pick(places), chance.pick(places)];
      const isBetween = ({ position }: Told) => isBehind(position, after) && !isBehind(position, to);
      assert.equal(await journal.count(app, after, to), told.filter(isBetween).length, `${after} ${to}`);
      const behind = told.filter(({ position }) => isBehind(position, after));
      const page = await journal.read(app, after, 50);
      assert.deepEqual(page.events, behind.slice(0, 50));
      if (i % 8 !== 0) continue;
      const dropped = told.filter(({ position }) => !isBehind(position, to)).length;
      assert.equal(await journal.trim(app, to), dropped);
      told = told.slice(dropped);
      const { events, bytes, floor } = await journal.extent(app);
      assert.deepEqual([events, bytes > 0], [told.length, told.length > 0]);
      assert.ok(told.every(({ position }) => isBehind(position, floor)));
    }
    assert.deepEqual(await journalOf(store, app), told);
  }
  assert.deepEqual(await faultsOf(store.audit()), []);
  for (const app of apps) await journal.trim(app, (await journal.extent(app)).last);
  assert.deepEqual(
    store.dump().filter(({ table }) => table === 'journal'),
    [],
  );
});

test('a journal that has lost a block is mended: what stood before is dropped, and the floor says so', async (t) => {
  const path = temporaryFolder(t);
  const store = open(t, path, () => RULES);
  await Promise.all(Array.from({ length: 400 }, () => create(store, make({ userAgent: 'x'.repeat(60) }))));
  const whole = await journalOf(store);
  const tables = new Tables(path, NAMESPACE);
  t.after(() => tables.close());
  const keys = await tables.read(() => [...tables.journals.blocks.getKeys({})]);
  assert.ok(keys.length > 4);
  await tables.transaction(() => void tables.journals.blocks.remove(keys[2]!));
  assert.equal((await faultsOf(store.audit())).length, 1);
  await store.audit().run({ repair: true, onFinding: ({ mended }) => assert.ok(mended), onProgress: () => {} });
  assert.deepEqual(await faultsOf(store.audit()), []);
  const kept = await journalOf(store);
  assert.ok(kept.length > 0 && kept.length < 400);
  assert.deepEqual(kept, whole.slice(-kept.length));
  const { floor } = await store.journal.read(APP, START, 1);
  assert.ok(isBehind(floor, whole[0]!.position) && isBehind(kept[0]!.position, floor));
  await create(store, make());
  assert.deepEqual(await faultsOf(store.audit()), []);
});

function isBehind(position: Position, other: Position): boolean {
  const [[ms = 0, nth = 0], [otherMs = 0, otherNth = 0]] = [position, other].map((text) =>
    text.split('-').map(Number),
  ) as [number[], number[]];
  return ms > otherMs || (ms === otherMs && nth > otherNth);
}

test('a clock that goes back takes no position back', async (t) => {
  let time = T0;
  const store = open(
    t,
    temporaryFolder(t),
    () => RULES,
    () => time,
  );
  await create(store, make({ createdAt: time }));
  time -= HOUR;
  await create(store, make({ createdAt: time }));
  const told = await journalOf(store);
  assert.deepEqual(
    told.map(({ position }) => position),
    [`${T0}-0`, `${T0}-1`],
  );
  assert.deepEqual(
    told.map(({ event }) => event.at),
    [T0, T0 - HOUR],
  );
});

test(`the end of an app of ${MANY} sessions is told once of each, though the process that ends it is killed with -9`, async (t) => {
  const path = temporaryFolder(t);
  const rules = { ...RULES, history: DAY };
  const store = open(t, path, () => rules, Date.now);
  const createdAt = Date.now();
  const all = Array.from({ length: MANY }, (_, i) => make({ subject: i % 3 === 0 ? null : `u${i % 999}`, createdAt }));
  for (let i = 0; i < MANY; i += 500) await Promise.all(all.slice(i, i + 500).map((one) => create(store, one)));
  // One has expired before the end and is not swept, and one was just read.
  const expired = make({ createdAt: createdAt - 2 * HOUR });
  const seen = all[1]!;
  await store.install(
    { session: { ...expired.session, idleTimeout: 3 * HOUR }, credential: expired.credential },
    true,
    createdAt,
  );
  await store.update(APP, expired.ref, { expect: 1, version: 2, idleTimeout: 1 }, createdAt);
  await until(async () => (await store.find(APP, expired.session.id, Date.now())) === null);
  await store.get(APP, seen.ref, 'read', Date.now());
  const seenAt = (await store.find(APP, seen.session.id, Date.now()))!.session.lastSeenAt;
  await until(async () => (await store.journal.extent(APP)).events === MANY + 1);

  const url = `lmdb:${path}`;
  const other = await startVerbs(t, url, NAMESPACE, rules);
  void other.call('revoke', APP, { by: 'app' }, Date.now(), SUPPORT);
  await until(async () => (await store.journal.extent(APP)).events > MANY + 1 + MANY / 10);
  await other.kill();
  const { events } = await store.journal.extent(APP);
  assert.ok(events < 2 * MANY, 'it was killed on the way');
  assert.deepEqual(await store.count(APP, 0, Date.now()), { sessions: 0, subjects: 0 });
  assert.deepEqual((await store.list(APP, { limit: 9 }, Date.now())).sessions, []);
  assert.equal(await store.get(APP, seen.ref, 'read', Date.now()), null);

  // An id that begins anew meanwhile: the end of the one before is told first.
  const isLeft = (id: string, told: readonly Told[]) => !typesOf(told, id).includes('ended');
  const soFar = await journalOf(store);
  const again = all.find(({ session }) => isLeft(session.id, soFar))!;
  await create(store, { ...again, session: { ...again.session, createdAt: Date.now() } });
  await startVerbs(t, url, NAMESPACE);
  await until(async () => !store.health().some(({ code }) => code === 'ending'));

  const told = await journalOf(store);
  assert.deepEqual(typesOf(told, again.session.id), ['created', 'ended', 'created']);
  const ends = told.filter(({ event }) => event.type === 'session.ended').map(({ event }) => event);
  assert.equal(ends.length, MANY + 1);
  assert.equal(new Set(ends.map(({ session }) => session)).size, MANY + 1);
  const [late] = ends.filter(({ session }) => session === expired.session.id);
  assert.deepEqual([late?.reason, late?.by, late?.note], ['idle', null, null]);
  const byApp = ends.filter((end) => end !== late);
  const facts = new Set(byApp.map(({ reason, by, note, at }) => JSON.stringify([reason, by, note, at])));
  assert.deepEqual([...facts], [JSON.stringify(['app', SUPPORT.by, SUPPORT.note, byApp[0]!.at])]);
  const history = await store.journal.history(APP, seen.session.subject!, Date.now());
  assert.equal(history.find(({ session }) => session === seen.session.id)?.lastSeenAt, seenAt);
  assert.deepEqual(
    store.dump().filter(({ key }) => key.endsWith(':ended')),
    [],
  );
  assert.deepEqual(await faultsOf(store.audit()), []);
});

test('the end of an app that had no rules is not told when it has some later', async (t) => {
  let rules: JournalRules | null = null;
  const store = open(t, temporaryFolder(t), () => rules);
  await Promise.all(Array.from({ length: 6000 }, () => create(store, make())));
  const ended = store.revoke(APP, { by: 'app' }, T0);
  await until(async () => (await store.count(APP, 0, T0)).sessions === 0);
  rules = RULES;
  await ended;
  await until(() => !store.health().some(({ code }) => code === 'ending'));
  assert.deepEqual(await store.journal.apps(), []);
});

test('an app without rules is looked up nowhere more, writes nothing more, and the version before can open the store', async (t) => {
  const calls: string[] = [];
  const { openTable } = Environment.prototype;
  t.mock.method(Environment.prototype, 'openTable', function (this: Environment, name: string, encoding: 'binary') {
    const table = openTable.call(this, name, encoding) as object;
    if (!/:(journals?|history)$/.test(name)) return table;
    const get = (target: object, member: string | symbol) => {
      calls.push(`${name} ${String(member)}`);
      return Reflect.get(target, member);
    };
    return new Proxy(table, { get });
  });
  const path = temporaryFolder(t);
  const store = open(t, path, (app) => (app === 'other' ? RULES : null));
  const aliased = makeAliased('chosen-by-the-caller');
  await create(store, aliased);
  await store.update(APP, aliased.ref, { expect: 1, version: 2, data: '{"a":1}' }, T0);
  const first = await put(store, { idleTimeout: SECOND });
  await put(store, { idleTimeout: SECOND }, { max: 1, onLimit: 'revokeOldest' });
  await store.revoke(APP, { by: 'token', token: first.ref }, T0);
  await Promise.all(Array.from({ length: 300 }, () => create(store, make({ idleTimeout: SECOND }))));
  await store.sweep(T0 + 2 * SECOND, 10);
  await store.revoke(APP, { by: 'app' }, T0);
  await until(() => !store.health().some(({ code }) => code === 'ending'));
  await create(store, make());
  await store.revoke(APP, { by: 'subject', subject: 'user123' }, T0);
  assert.deepEqual(calls, []);
  assert.equal(await formatOf(path), 3);

  await put(store, { app: 'other' });
  assert.ok(calls.length > 0, 'the count counts');
  assert.equal(await formatOf(path), 4);
  const sentence = newerFormat({ store: path, namespace: NAMESPACE, format: 4, known: 3 });
  assert.match(sentence!, /a newer version of rest-sessions wrote/);
  await store.close();
  const again = open(t, path, () => RULES);
  assert.equal(await formatOf(path), 4, 'it is not noted lower again');
  assert.equal((await again.journal.extent('other')).events, 1);
});

test('a store of a version before is read and counted without its journal, and gets one when it is opened', async (t) => {
  for (const older of olderStores('lmdb')) {
    const path = putFile(older, temporaryFolder(t));
    const app = older.sessions[0]!.app;
    const store = open(
      t,
      path,
      () => RULES,
      () => older.at,
    );
    assert.deepEqual(await store.journal.read(app, START, 10), { events: [], next: START, floor: START });
    const live = (await store.list(app, { limit: 1000 }, older.at)).sessions.length;
    assert.equal(await store.revoke(app, { by: 'app' }, older.at), live);
    assert.ok((await journalOf(store, app)).length >= live);
    await store.close();
  }
});

test('a folder without the tables of a journal is only read: statistics, doctor and export', async (t) => {
  const path = temporaryFolder(t);
  const { openTable } = Environment.prototype;
  const without = t.mock.method(
    Environment.prototype,
    'openTable',
    function (this: Environment, name: string, encoding: 'binary') {
      return /:(journals?|history)$/.test(name) ? undefined : openTable.call(this, name, encoding);
    },
  );
  const store = open(t, path);
  await put(store);
  await store.close();
  without.mock.restore();
  assert.deepEqual((await lmdbStatistics(path, NAMESPACE)).apps, [{ app: APP, sessions: 1, subjects: 1 }]);
  const reader = new LmdbReader(path, NAMESPACE, () => T0);
  assert.equal((await reader.records(APP, null, 10, T0)).records.length, 1);
  await reader.close();
  assert.deepEqual(await faultsOf(openLmdbAudit(path, NAMESPACE, false)), []);
});

test('an entry of a history has 200 bytes with its key, a subject has a hundred or few more, and a sweep removes what is old', async (t) => {
  let rules = HISTORY;
  const store = open(t, temporaryFolder(t), () => rules);
  const origin = { by: 'a-key-of-a-support-desk', note: 'ü'.repeat(200) };
  const long = { ip: '2001:db8:85a3:8d3:1319:8a2e:370:7348', userAgent: 'Mozilla '.repeat(60), label: 'ö'.repeat(90) };
  for (let i = 0; i < 400; i++) {
    const { ref } = await put(store, { createdAt: T0 - 300 * DAY, idleTimeout: 400 * DAY, ...long });
    await store.revoke(APP, { by: 'token', token: ref }, T0 + i, origin);
  }
  const kept = () => store.dump().filter(({ table }) => table === 'history');
  assert.ok(kept().length < 200, `${kept().length}`);
  for (const { key, value } of kept()) assert.ok(key.length + (value as string).length <= 200);
  assert.equal((await store.journal.history(APP, 'user123', T0 + 400)).length, 100);
  for (const subject of ['ann', 'bob']) {
    const { ref } = await put(store, { subject });
    await store.revoke(APP, { by: 'token', token: ref }, T0 + SECOND);
  }
  await store.sweep(T0 + 30 * DAY + 350, 100);
  assert.ok((await store.journal.history(APP, 'user123', T0 + SECOND)).every(({ endedAt }) => endedAt > T0 + 350));
  assert.ok(kept().length < 60);
  await store.sweep(T0 + 30 * DAY + 400, 100);
  assert.equal(kept().length, 2);
  rules = { ...HISTORY, history: null };
  await store.sweep(T0 + 2 * SECOND, 100);
  assert.deepEqual(kept(), []);
  assert.deepEqual(await store.journal.apps(), [], 'a history is no journal');
});
