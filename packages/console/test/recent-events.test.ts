import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EventPage } from '../src/api/types.ts';
import { type Asked, recentEvents } from '../src/views/events/recent.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

/** A journal of events that are so old, the oldest first; and how often it is asked. Units: milliseconds. */
function journal(ages: readonly number[]) {
  const times = ages.map((age) => NOW - age).sort((a, b) => a - b);
  const asks: Asked[] = [];
  const ask = async (asked: Asked): Promise<EventPage> => {
    asks.push(asked);
    const { limit, age, after } = asked;
    const from = age === undefined ? Number(after ?? 0) : times.filter((time) => time <= NOW - age).length;
    const part = times.slice(from, from + limit);
    const end = from + part.length;
    return {
      events: part.map((time, i) => ({
        ...{ id: `${from + i}`, type: 'session.created', source: '/apps/shop' },
        ...{ time: new Date(time).toISOString(), sequence: `${from + i}`, data: {} },
      })),
      next: `${end}`,
      ...(end < times.length && { more: true }),
    };
  };
  return { ask, asks, last: String(times.length) };
}

const every = (step: number, from: number, to: number) =>
  Array.from({ length: Math.floor((to - from) / step) }, (_, i) => from + i * step);

describe('what the list of live events begins with', () => {
  for (const [what, ages, least] of [
    ['nothing, where there is nothing', [], 0],
    ['all, where little is kept', every(HOUR, 2 * HOUR, 5 * DAY), 118],
    ['the last of a day with an event each minute', every(MINUTE, 5 * MINUTE, DAY), 100],
    ['the last of a busy day before a silent night', every(SECOND, 9 * HOUR, 20 * HOUR), 100],
    ['the last of a month that was ever slower', every(10 * MINUTE, 3 * DAY, 30 * DAY), 100],
    ['what happened all at once, and then nothing', Array(4000).fill(20 * MINUTE), 100],
    ['what happened all at once, and the little behind it', [...Array(4000).fill(HOUR), 3 * MINUTE], 100],
  ] as const) {
    test(what, async () => {
      const { ask, asks, last } = journal(ages);
      const begun = (await recentEvents(ask, () => NOW))!;
      assert.ok(begun.events.length >= least, `${begun.events.length} events`);
      assert.ok(begun.events.length <= 5000);
      assert.equal(begun.next, last, 'nothing is behind it');
      assert.equal(begun.events.at(-1)?.id, ages.length === 0 ? undefined : `${ages.length - 1}`);
      assert.ok(asks.length <= 14, `${asks.length} requests`);
    });
  }

  test('the last minute, where that has more', async () => {
    const { ask, asks } = journal(every(100, 0, DAY / 24));
    assert.equal(await recentEvents(ask, () => NOW), null);
    assert.equal(asks.length, 2);
  });

  test('the little that is new, where far too much happened at once before it', async () => {
    const { ask, last } = journal([...Array(20_000).fill(HOUR), MINUTE, SECOND]);
    const begun = (await recentEvents(ask, () => NOW))!;
    assert.deepEqual([begun.events.length, begun.next], [2, last]);
  });
});
