/** R18 on Redis: what a page costs there, counted by Redis itself: records that were looked into, and bytes that were answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionStore } from '../../src/core/store.ts';
import { partitionOf } from '../../src/core/token.ts';
import { APP, put, SECOND, T0 } from '../conformance/harness.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';

const server = forAllTests((cleanup) => startRedis(cleanup));

async function figure(section: string, pattern: RegExp): Promise<number> {
  return Number(pattern.exec(await server().admin.info(section))![1]);
}

const lookedInto = () => figure('commandstats', /cmdstat_hget:calls=(\d+)/);
const answered = () => figure('stats', /total_net_output_bytes:(\d+)/);

/** Gives by how much a figure grows with a piece of work. */
async function grown(figure: () => Promise<number>, work: () => Promise<unknown>): Promise<number> {
  const before = await figure();
  await work();
  return (await figure()) - before;
}

async function fill(store: SessionStore, count: number, make: (i: number) => Parameters<typeof put>[1]): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => put(store, make(i))));
}

test('R18: a page of an app looks into the records it shows and those beside them, not into some of each partition (kind: large apps)', async (t) => {
  const { store } = await openOn(t, `redis://127.0.0.1:${server().port}`, [server().admin], { audited: false });
  await fill(store, 2000, (i) => ({ subject: `u${i}`, createdAt: T0 + i * SECOND }));
  const page = await store.list(APP, { limit: 20 }, T0 + 2000 * SECOND);
  // Once for where they stand and once for all of it, and one more than it shows; the others are some of the same second.
  const { cursor } = page;
  for (const more of [{}, { cursor: cursor! }]) {
    const looks = await grown(lookedInto, () => store.list(APP, { limit: 20, ...more }, T0 + 2000 * SECOND));
    assert.ok(looks >= 40 && looks <= 46, `${looks} looks`);
  }
});

test('R18: a page of a subject with many sessions carries the data it shows, and no other (kind: large apps)', async (t) => {
  const { store } = await openOn(t, `redis://127.0.0.1:${server().port}`, [server().admin], { audited: false });
  const data = JSON.stringify('x'.repeat(10_000));
  await fill(store, 300, (i) => ({ subject: 'joe', createdAt: T0 + i, data }));
  const ask = () => store.list(APP, { subject: 'joe', limit: 10 }, T0 + SECOND);
  const bytes = await grown(answered, async () => assert.equal((await ask()).sessions.length, 10));
  assert.ok(bytes < 20 * data.length, `${bytes} bytes`);
});

test('R18: the end of an app looks into few records at a time, however many sessions begin meanwhile (kind: large apps)', async (t) => {
  const { store, faults } = await openOn(t, `redis://127.0.0.1:${server().port}`, [server().admin]);
  // Users of partitions that one call may have together.
  const subjects = Array.from({ length: 2000 }, (_, i) => `u${i}`).filter((subject) => partitionOf(subject) < '10');
  const make = (i: number, createdAt: number) => ({ subject: subjects[i % subjects.length]!, createdAt });
  await fill(store, 150, (i) => make(i, T0));
  const { calls } = store as unknown as { calls: { callDurably: (...args: unknown[]) => Promise<unknown> } };
  const call = calls.callDurably.bind(calls);
  const looks: number[] = [];
  let before: Promise<unknown> = Promise.resolve();
  let isFilled = false;
  calls.callDurably = (name, keys, now, args) => {
    if (name !== 'revoke-partition') return call(name, keys, now, args);
    // One after the other, so that each is counted for itself. The second round begins with the instant of the first.
    before = before.then(async () => {
      if ((args as unknown[])[1] !== '' && !isFilled) {
        isFilled = true;
        await fill(store, 1200, (i) => make(i, T0 + SECOND));
      }
      const first = await lookedInto();
      const answer = await call(name, keys, now, args);
      looks.push((await lookedInto()) - first);
      return answer;
    });
    return before;
  };
  assert.equal(await store.revoke(APP, { by: 'app' }, T0), 150);
  assert.equal((await store.count(APP, 0, T0 + SECOND)).sessions, 1200);
  assert.ok(isFilled);
  assert.ok(Math.max(...looks) <= 300, `${Math.max(...looks)} records in one step`);
  assert.deepEqual(await faults(), []);
});
