/** Changes of policy and keys are told once, however many processes read the file, and as often as they were made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JournalRules, SERVER_APP, START } from '../../src/core/events.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { RulesEvents } from '../../src/upkeep/rules-events.ts';
import { T0 } from '../conformance/harness.ts';
import { until } from '../support/until.ts';

const RULES: JournalRules = { events: true, updates: false, history: null };
const FILES = ['a', 'b', 'c'].map((letter) => letter.repeat(64));

/** Servers at one store, whose clock is set by hand. */
function servers(count: number, { rules = RULES as JournalRules | null } = {}) {
  const clock = { now: T0 };
  const errors: unknown[] = [];
  const store = new MemoryStore({ journal: () => rules });
  const options = {
    ...{ store, rules: () => rules, clock: () => clock.now },
    onError: (error: unknown) => errors.push(error),
    later: (run: () => void) => {
      const timer = setTimeout(run, 1);
      return () => clearTimeout(timer);
    },
  };
  const all = Array.from({ length: count }, () => new RulesEvents(options));
  return {
    ...{ store, all, errors, clock },
    told: async () => {
      await Promise.all(all.map((server) => server.close()));
      const { events } = await store.journal.read(SERVER_APP, START, 1000);
      return events.map(({ event: { type, what, by } }) => [type, JSON.parse(what!), by]);
    },
  };
}

const member = (n: number) => ({ changed: [`/apps/shop/m${n}`] });
const names = (n: number) => member(n).changed;

test('of many servers that read a change one tells it', async () => {
  const { all, told, clock } = servers(5);
  for (const [i, file] of FILES.entries()) {
    clock.now += 1000;
    for (const server of all) server.tell('policy.changed', names(i), file);
  }
  for (const server of all) server.tell('key.changed', ['billing', 'billing', 'shop'], FILES[0]!);
  const events = await told();
  assert.deepEqual(
    events.filter(([type]) => type === 'policy.changed'),
    [0, 1, 2].map((n) => ['policy.changed', member(n), null]),
  );
  assert.deepEqual(
    events.filter(([type]) => type === 'key.changed'),
    [['key.changed', { changed: ['billing', 'shop'] }, null]],
  );
});

test('a change that is taken back and made again is told each time, also when another server is late by all of it', async () => {
  const { all, told, clock, store } = servers(3);
  const [quick, late, later] = all;
  const [a, b] = FILES;
  const changes = [b!, a!, b!, a!];
  for (const [i, file] of changes.entries()) {
    clock.now += 1000;
    quick!.tell('policy.changed', names(i), file);
    await until(async () => (await store.journal.extent(SERVER_APP)).events === i + 1);
    if (i === 1) for (const before of changes.slice(0, 2)) late!.tell('policy.changed', ['late'], before);
  }
  clock.now += 60_000;
  for (const file of changes.slice(2)) late!.tell('policy.changed', ['late'], file);
  for (const file of changes) later!.tell('policy.changed', ['later'], file);
  const changed = (await told()).map(([, what]) => what);
  assert.deepEqual(changed, [0, 1, 2, 3].map(member));
});

test('a server that missed what came between tells nothing again', async () => {
  const { all, told, clock } = servers(2);
  const [quick, late] = all;
  for (const [i, file] of FILES.entries()) {
    clock.now += 1000;
    quick!.tell('policy.changed', names(i), file);
  }
  await quick!.close();
  late!.tell('policy.changed', ['late'], FILES[2]!);
  assert.equal((await told()).length, 3);
});

test('what was told before a server began is not what it has changed', async () => {
  const { all, told, clock, store } = servers(1);
  all[0]!.tell('policy.changed', names(0), FILES[0]!);
  await all[0]!.close();
  clock.now += 60_000;
  const onError = (error: unknown) => assert.fail(`${error}`);
  const options = { store, rules: () => RULES, clock: () => clock.now, onError, later: () => () => {} };
  const next = new RulesEvents(options);
  clock.now += 1000;
  next.tell('policy.changed', names(1), FILES[1]!);
  next.tell('policy.changed', names(2), FILES[0]!);
  await next.close();
  assert.equal((await told()).length, 3);
});

test('names beyond a hundred are counted', async () => {
  const { all, told } = servers(1);
  all[0]!.tell(
    'key.changed',
    Array.from({ length: 130 }, (_, i) => `key-${i}`),
    FILES[0]!,
  );
  const [[, what]] = (await told()) as [[string, { changed: string[]; more: number }]];
  assert.deepEqual([what.changed.length, what.more], [100, 30]);
});

test('where no app has a journal nothing is asked of the store', async () => {
  const { all, told, store } = servers(1, { rules: null });
  store.memo = () => assert.fail('asked');
  all[0]!.tell('policy.changed', names(0), FILES[0]!);
  assert.deepEqual(await told(), []);
});

test('a store that is away is asked again, in order, and a change is told once', async () => {
  const { all, told, store, errors } = servers(1);
  const { append } = store.journal;
  let away = 3;
  store.journal.append = (...args) =>
    away-- > 0 ? Promise.reject(new Error('away')) : append.apply(store.journal, args);
  all[0]!.tell('policy.changed', names(0), FILES[0]!);
  all[0]!.tell('policy.changed', names(1), FILES[1]!);
  await until(async () => (await store.journal.extent(SERVER_APP)).events === 2);
  assert.deepEqual(
    (await told()).map(([, what]) => what),
    [member(0), member(1)],
  );
  assert.equal(errors.length, 3);
});

test('a change that the store remembers, but whose answer was lost, is told, and by this server alone', async () => {
  const { all, told, store, errors } = servers(3);
  const memo = store.memo.bind(store);
  let isLost = true;
  store.memo = async (...args) => {
    const there = await memo(...args);
    if (!isLost) return there;
    isLost = false;
    throw new Error('away');
  };
  all[0]!.tell('policy.changed', names(0), FILES[0]!);
  await until(() => errors.length === 1);
  for (const other of all.slice(1)) other.tell('policy.changed', ['other'], FILES[0]!);
  await until(async () => (await store.journal.extent(SERVER_APP)).events === 1);
  assert.deepEqual(
    (await told()).map(([, what]) => what),
    [member(0)],
  );
});

test('what servers of an earlier version tell has no mark, and is told by them', async () => {
  const { all, told, store, clock } = servers(1);
  const text = `${T0 + 1}:${FILES[0]!.slice(0, 16)}`;
  await store.memo(SERVER_APP, 'told policy.changed', { text, instead: null, until: T0 + 1e9 }, T0);
  clock.now += 1000;
  for (const [i, file] of FILES.slice(0, 2).entries()) all[0]!.tell('policy.changed', names(i), file);
  assert.deepEqual(
    (await told()).map(([, what]) => what),
    [member(1)],
  );
});

test('a server that stops waits for no store', async () => {
  const { all, store } = servers(1);
  store.memo = () => Promise.reject(new Error('away'));
  all[0]!.tell('policy.changed', names(0), FILES[0]!);
  await all[0]!.close();
});
