import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plotOf, type Series, tableOf } from '../src/views/overview/series.ts';

const SERIES: Series = {
  ...{ app: 'shop', period: 'hour', step: 60, from: '2026-11-29T12:00:00.000Z', since: '2026-11-29T12:01:30.000Z' },
  created: [0, 4, 9, 0],
  ended: {
    logout: [0, 1, 2, 0],
    idle: [0, 0, 3, 0],
    absolute: [0, 0, 1, 0],
    whatever: [0, 0, 1, 0],
    cap: [0, 0, 0, 0],
  },
};
const AT = Date.parse(SERIES.from) / 1000;

describe('creates and ends of the last hour', () => {
  test('are not known before the server began to count', () => {
    const plot = plotOf(SERIES);
    assert.deepEqual(plot.at, [AT, AT + 60, AT + 120, AT + 180]);
    assert.deepEqual(plot.created, [null, 4, 9, 0]);
    assert.equal(plot.isPartial, true);
    assert.equal(plotOf({ ...SERIES, since: SERIES.from }).isPartial, false);
  });

  test('stand upon one another by what they have in common', () => {
    const { groups, stacked } = plotOf(SERIES);
    assert.deepEqual(groups.left, [null, 1, 2, 0]);
    assert.deepEqual(groups.expired, [null, 0, 4, 0]);
    assert.deepEqual(groups.other, [null, 0, 1, 0]);
    assert.deepEqual(stacked.left, [null, 1, 2, 0]);
    assert.deepEqual(stacked.expired, [null, 1, 6, 0]);
    assert.deepEqual(stacked.other, [null, 1, 7, 0]);
  });

  test('are summed for those who do not look at the plot', () => {
    const { totals, busiest } = plotOf(SERIES);
    assert.deepEqual([totals.created, totals.ended], [13, 8]);
    assert.deepEqual(totals.byReason.slice(0, 2), [
      { reason: 'idle', count: 3 },
      { reason: 'logout', count: 3 },
    ]);
    assert.deepEqual(busiest, { at: AT + 120, created: 9 });
    assert.equal(plotOf({ ...SERIES, created: [0, 0], ended: {} }).busiest, null);
  });

  test('are a table of the steps in which something happened, by every reason', () => {
    assert.deepEqual(tableOf(SERIES), {
      reasons: ['idle', 'logout', 'absolute', 'whatever'],
      rows: [
        { at: AT + 120, created: 9, ended: [3, 2, 1, 1] },
        { at: AT + 60, created: 4, ended: [0, 1, 0, 0] },
      ],
    });
  });
});
