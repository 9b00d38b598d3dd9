/** Journals are kept short: by age behind everybody who reads, by size in any case, and nothing is lost in silence. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JournalRules, type NewEvent, START } from '../../src/core/events.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import {
  type Consumer,
  type JournalKeeperOptions,
  type JournalSize,
  keepJournals,
  trimJournals,
} from '../../src/upkeep/journal-keeper.ts';
import { APP, put, SECOND, T0 } from '../conformance/harness.ts';
import { until } from '../support/until.ts';

const RULES: JournalRules = { events: true, updates: false, history: null };
const KEEP = 100 * SECOND;
const EVENT: NewEvent = { type: 'session.updated', version: 1, session: 's', subject: null, by: null };

/** A journal with one event each second, and what keeps it. */
async function journalOf(seconds: number, consumers: Consumer[] = [], more: Partial<JournalKeeperOptions> = {}) {
  const clock = { now: T0 };
  const store = new MemoryStore({ clock: () => clock.now, journal: () => RULES });
  for (let second = 0; second < seconds; second++) {
    clock.now = T0 + second * SECOND;
    await put(store);
  }
  const lost: [app: string, consumer: string, events: number][] = [];
  const sizes: (readonly JournalSize[])[] = [];
  const options: JournalKeeperOptions = {
    ...{ journal: store.journal, keep: KEEP, bytes: 1e9, interval: SECOND, clock: () => clock.now },
    isUsed: () => true,
    consumers: async () => consumers,
    onDropped: (...what) => lost.push(what),
    onSizes: (found) => sizes.push(found),
    onError: (error) => assert.fail(`${error}`),
    ...more,
  };
  const positions = (await store.journal.read(APP, START, 1000)).events.map(({ position }) => position);
  return {
    ...{ store, positions, lost, sizes, options, clock },
    trim: (second: number) => trimJournals(options, T0 + second * SECOND),
    left: async () => (await store.journal.read(APP, START, 1000)).events.map(({ position }) => position),
  };
}

test('what is older than it is to be kept is dropped, and not before', async () => {
  const { positions, trim, left, lost, sizes } = await journalOf(10);
  await trim(99);
  assert.deepEqual(await left(), positions);
  await trim(104);
  assert.deepEqual(await left(), positions.slice(5));
  await trim(200);
  assert.deepEqual(await left(), []);
  assert.deepEqual(lost, []);
  const [first] = sizes[0]!;
  assert.deepEqual([first?.app, first?.events, first?.waiting, first!.bytes > 0], [APP, 10, 0, true]);
  assert.deepEqual(sizes[2], [{ app: APP, events: 0, bytes: 0, waiting: 0 }]);
});

test('who has had all that is dropped is not told of a loss', async () => {
  const { store, positions, trim } = await journalOf(10);
  const floor = async () => (await store.journal.extent(APP)).floor;
  // Somebody listens since before the first event.
  await trim(99);
  assert.equal(await floor(), START);
  // Others have had five events, and hear of the sixth: what is dropped ends between them.
  await trim(104.5);
  assert.equal(await floor(), positions[4]);
  await trim(1000);
  assert.equal(await floor(), positions[9]);
});

test('what somebody has not had yet stays, however old it is', async () => {
  const consumers: Consumer[] = [];
  const { positions, trim, left, sizes } = await journalOf(10, consumers);
  consumers.push({ name: 'mail', position: positions[2]! }, { name: 'fraud', position: positions[6]! });
  await trim(1000);
  assert.deepEqual(await left(), positions.slice(3));
  assert.equal(sizes[0]![0]!.waiting, 7);
  consumers[0] = { name: 'mail', position: positions[9]! };
  await trim(1000);
  assert.deepEqual(await left(), positions.slice(7));
  consumers.length = 0;
  await trim(1000);
  assert.deepEqual(await left(), []);
});

test('what is more than a journal may hold is dropped, and each hears what it has lost by it', async () => {
  const consumers: Consumer[] = [];
  const { store, positions, trim, left, lost, options } = await journalOf(100, consumers);
  const { bytes } = await store.journal.extent(APP);
  const half = { ...options, bytes: bytes / 2 };
  const [mail, fraud, live] = [9, 29, 59].map((at) => positions[at]!);
  consumers.push(
    { name: 'mail', position: mail! },
    { name: 'fraud', position: fraud! },
    { name: 'live', position: live! },
  );
  await trimJournals(half, T0 + 100 * SECOND);
  const kept = await left();
  const dropped = 100 - kept.length;
  assert.ok((await store.journal.extent(APP)).bytes <= bytes / 2 + 200, 'about as large as it may be');
  assert.ok(dropped >= 45 && dropped <= 55, `${dropped}`);
  assert.deepEqual(lost, [
    [APP, 'mail', dropped - 10],
    [APP, 'fraud', dropped - 30],
  ]);
  await trim(100);
  assert.equal(lost.length, 2, 'it is told once');
});

test('what is told of a loss is told before anything is gone', async () => {
  const there: number[] = [];
  const consumers: Consumer[] = [];
  const { store, positions, options, left } = await journalOf(20, consumers, {
    onDropped: async () => there.push((await left()).length),
  });
  consumers.push({ name: 'mail', position: positions[0]! });
  await trimJournals({ ...options, bytes: (await store.journal.extent(APP)).bytes - 1 }, T0 + 20 * SECOND);
  assert.deepEqual(there, []);
  await trimJournals({ ...options, bytes: 1 }, T0 + 20 * SECOND);
  assert.deepEqual(there, [19]);
});

test('an app whose consumers cannot be read keeps its journal, and takes nothing from the apps after it', async () => {
  const errors: unknown[] = [];
  const unreadable = new Error('the state of a webhook cannot be read');
  const { store, trim, left, positions, sizes } = await journalOf(3, [], {
    consumers: async (app) => (app === APP ? Promise.reject(unreadable) : []),
    onError: (error) => errors.push(error),
  });
  const others = ['00-before', 'zz-after'];
  for (const app of others) await store.journal.append(app, EVENT, T0);
  await trim(1000);
  assert.deepEqual(errors, [unreadable]);
  assert.deepEqual(await left(), positions);
  assert.deepEqual(await Promise.all(others.map(async (app) => (await store.journal.extent(app)).events)), [0, 0]);
  assert.deepEqual(
    sizes.at(-1)?.map(({ app }) => app),
    others,
  );
});

test('the keeper settles what others left, goes on after a failure, and stops when it is told to', async () => {
  const errors: unknown[] = [];
  let settled = 0;
  const { options, store, sizes } = await journalOf(1, [], { interval: 5, onError: (error) => errors.push(error) });
  store.journal.settle = async () => {
    settled++;
    if (settled === 2) throw new Error('away');
    return 0;
  };
  const stop = keepJournals(options);
  await until(() => settled > 3 && sizes.length > 2);
  await stop();
  const then = settled;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(settled, then);
  assert.equal(errors.length, 1);
});

test('where no app has a journal nothing is settled, and what is left of one still ages', async () => {
  const { options, store, left, clock, sizes } = await journalOf(3, [], { interval: 5, isUsed: () => false });
  store.journal.settle = () => assert.fail('settled');
  clock.now = T0 + 1000 * SECOND;
  const stop = keepJournals(options);
  await until(() => sizes.length > 0);
  await stop();
  assert.deepEqual(await left(), []);
});
