/** What is counted of late: the right slots, the right apps, and the same whether one process has counted or several. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppCounts, type CountedApps, MOST_OTHERS, mergeCounted, seriesOf } from '../../src/metrics/app-series.ts';
import { isFigures, mergeFigures } from '../../src/metrics/figures.ts';

const MINUTE = 60_000;
const QUARTER = 900_000;
/** The begin of a minute and of a quarter of an hour. */
const T = 1_800_000 * 1_000;
const nobody = () => false;

/** Gives [steps before the last one, number] of what is not 0. */
const nonzero = (counts: readonly number[]) =>
  counts.flatMap((n, i) => (n === 0 ? [] : [[counts.length - 1 - i, n] as const]));

describe('the counts of an app', () => {
  test('are in the slot in which it happened, the oldest first, an hour by the minute and a day by the quarter', () => {
    const counts = new AppCounts(T, nobody);
    counts.add('shop', 'created', 1, T);
    counts.add('shop', 'created', 2, T + MINUTE - 1);
    counts.add('shop', 'created', 4, T + MINUTE);
    counts.add('shop', 'subject', 7, T + 10 * MINUTE);
    const at = (period: 'hour' | 'day', now: number) => seriesOf(counts.counted, 'shop', period, now);

    const hour = at('hour', T + 10 * MINUTE + 59_999);
    assert.deepEqual([hour.step, hour.from, hour.since], [MINUTE, T - 49 * MINUTE, T]);
    assert.equal(hour.created.length, 60);
    assert.deepEqual(nonzero(hour.created), [
      [10, 3],
      [9, 4],
    ]);
    assert.deepEqual(Object.keys(hour.ended), ['logout', 'revoked', 'subject', 'app', 'cap', 'expired']);
    assert.deepEqual(nonzero(hour.ended.subject), [[0, 7]]);
    assert.ok(hour.ended.logout.length === 60 && nonzero(hour.ended.logout).length === 0);

    const day = at('day', T + QUARTER);
    assert.deepEqual([day.step, day.from, day.created.length], [QUARTER, T - 94 * QUARTER, 96]);
    assert.deepEqual(nonzero(day.created), [[1, 7]]);

    // What is older than the period has gone, whether or not anything was counted since.
    assert.deepEqual(nonzero(at('hour', T + 60 * MINUTE).created), [[59, 4]]);
    assert.deepEqual(nonzero(at('hour', T + 61 * MINUTE).created), []);
    counts.add('shop', 'created', 1, T + 61 * MINUTE);
    assert.deepEqual(nonzero(at('hour', T + 61 * MINUTE).created), [[0, 1]]);
    assert.deepEqual(nonzero(at('day', T + 95 * QUARTER).created), [
      [95, 7],
      [91, 1],
    ]);
    assert.deepEqual(nonzero(at('day', T + 96 * QUARTER).created), [[92, 1]]);
  });

  test('survive a clock that is set back', () => {
    const counts = new AppCounts(T, nobody);
    counts.add('shop', 'logout', 1, T + 5 * MINUTE);
    counts.add('shop', 'logout', 2, T + 3 * MINUTE);
    counts.add('shop', 'logout', 4, T - 100 * MINUTE);
    const { ended } = seriesOf(counts.counted, 'shop', 'hour', T + 5 * MINUTE);
    assert.deepEqual(nonzero(ended.logout), [
      [2, 2],
      [0, 1],
    ]);
    assert.deepEqual(nonzero(seriesOf(counts.counted, 'shop', 'hour', T + 3 * MINUTE).ended.logout), [[0, 2]]);
  });

  test('are kept of the apps of the policy file, and of the others that were busy last; what was forgotten is told', () => {
    const counts = new AppCounts(T, (app) => app.startsWith('named'));
    for (let i = 0; i < 64; i++) counts.add(`named${i}`, 'created', 1, T);
    for (let i = 0; i < MOST_OTHERS; i++) counts.add(`other${i}`, 'created', 1, T + i);
    counts.add('other0', 'created', 1, T + 1_000);
    const since = (app: string) => seriesOf(counts.counted, app, 'hour', T + 5_000).since;
    assert.deepEqual([since('other1'), since('stranger')], [T, T]);
    for (let i = 0; i < 10; i++) counts.add(`flood${i}`, 'created', 1, T + 2_000 + i);
    const { apps } = counts.counted;
    assert.equal(apps.length, 64 + MOST_OTHERS);
    assert.equal(apps.filter(({ app }) => app.startsWith('named')).length, 64);
    // What is shown of an app is all that has happened since.
    assert.deepEqual([since('named0'), since('other0'), since('other1')], [T, T, T + 2_009]);
    counts.add('other1', 'created', 1, T + 3_000);
    assert.equal(since('other1'), T + 3_000);
    assert.equal(seriesOf(counts.counted, 'other1', 'hour', T + 5_000).created.at(-1), 1);
  });
});

describe('the counts of several processes', () => {
  test('are together what one would have counted, also over JSON', () => {
    const [whole, ...parts] = Array.from({ length: 4 }, () => new AppCounts(T, nobody));
    const happened = ['created', 'logout', 'expired', 'cap'] as const;
    for (let i = 0; i < 500; i++) {
      const args = [`app${i % 5}`, happened[i % 4]!, (i % 3) + 1, T + ((i * 7919) % 97) * MINUTE] as const;
      // Each of them has seen other times last.
      parts[Math.floor(i / 11) % 3]!.add(...args);
      whole!.add(...args);
    }
    const sent = JSON.parse(JSON.stringify(parts.map(({ counted }) => counted))) as CountedApps[];
    for (const order of [sent, [...sent].reverse()]) {
      const merged = mergeCounted(order);
      for (let app = 0; app < 5; app++) {
        for (const period of ['hour', 'day'] as const) {
          const now = T + 96 * MINUTE;
          const alone = seriesOf(whole!.counted, `app${app}`, period, now);
          assert.deepEqual(seriesOf(merged, `app${app}`, period, now), alone);
        }
      }
    }
  });

  test('begin with the first of them, and are without what any of them has forgotten', () => {
    const [old, young] = [new AppCounts(T, nobody), new AppCounts(T + 1_000, nobody)];
    old.add('shop', 'created', 1, T);
    const since = (app: string) => seriesOf(mergeCounted([old.counted, young.counted]), app, 'hour', T + 9_000).since;
    assert.deepEqual([since('shop'), since('blog')], [T, T]);
    for (let i = 0; i <= MOST_OTHERS; i++) young.add(`flood${i}`, 'created', 1, T + 2_000 + i);
    assert.deepEqual([since('shop'), since('blog')], [T + 2_000 + MOST_OTHERS, T + 2_000 + MOST_OTHERS]);
  });

  test('do not grow without end with each process that has ended', () => {
    let ended = new AppCounts(T, nobody).counted;
    for (let process = 0; process < 20; process++) {
      const counts = new AppCounts(T, nobody);
      for (let i = 0; i < MOST_OTHERS; i++) counts.add(`app${process}-${i}`, 'created', 1, T + process);
      ended = mergeCounted([ended, counts.counted]);
    }
    assert.equal(ended.apps.length, 512);
    assert.equal(seriesOf(ended, 'app19-0', 'hour', T).created.at(-1), 1);
    assert.equal(seriesOf(ended, 'app0-0', 'hour', T + 99).since, T + 11, 'it says what it has forgotten');
  });

  test('are told from what a process of another version says', () => {
    const figures = { keyUses: [['a', 1]] as const, apps: new AppCounts(T, nobody).counted };
    assert.ok(isFigures(figures));
    for (const other of [null, undefined, [], 'x', {}, { keyUses: [] }, { keyUses: [], apps: {} }]) {
      assert.equal(isFigures(other), false);
    }
    const later = { ...figures, keyUses: [['a', 5] as const, ['b', 2] as const] };
    assert.deepEqual(mergeFigures([figures, later, figures]).keyUses, [
      ['a', 5],
      ['b', 2],
    ]);
  });
});
