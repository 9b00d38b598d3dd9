/** Where plots have their lines and their times. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { countTicks, timeTicks } from '../src/views/overview/ticks.ts';

describe('ticks', () => {
  test('counts are round, begin at 0 and are never more than there is room for', () => {
    assert.deepEqual(countTicks(4.2, 180), [0, 1, 2, 3, 4]);
    assert.deepEqual(countTicks(105, 144), [0, 50, 100]);
    assert.deepEqual(countTicks(1_260_000, 100), [0, 1_000_000]);
    for (const highest of [4.2, 9, 17, 99, 1234, 7e6]) {
      const ticks = countTicks(highest, 180);
      assert.ok(ticks.length <= 6 && ticks.length >= 2, `${highest}: ${ticks}`);
    }
  });

  test('times are whole quarters or hours of the zone, with room between them', () => {
    const begin = Date.parse('2026-11-26T11:07:00Z') / 1000;
    const hour = Array.from({ length: 60 }, (_, i) => begin + i * 60);
    const ticks = timeTicks(hour, 60, 9, 'utc');
    assert.deepEqual(
      ticks.map(({ second }) => new Date(second * 1000).toISOString().slice(11, 16)),
      ['11:10', '11:20', '11:30', '11:40', '11:50', '12:00'],
    );
    const day = Array.from({ length: 96 }, (_, i) => begin - 420 + i * 900);
    assert.deepEqual(
      timeTicks(day, 900, 4, 'utc').map(({ second }) => (second / 3600) % 24),
      [12, 18, 0, 6],
    );
  });

  test('no steps have no times', () => {
    assert.deepEqual(timeTicks([], 60, 100, 'utc'), []);
  });
});
