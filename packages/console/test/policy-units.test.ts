import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { binaryOf, groupOf, partsOf, unitOf } from '../src/views/policy/units.ts';

describe('the values of a policy', () => {
  test('are durations in the two units that say them best', () => {
    const said = (seconds: number) =>
      partsOf(seconds)
        .map(({ unit, count }) => `${count} ${unit}`)
        .join(' ');
    assert.equal(said(0.5), '0.5 second');
    assert.equal(said(90), '1 minute 30 second');
    assert.equal(said(1800), '30 minute');
    assert.equal(said(5400), '1 hour 30 minute');
    assert.equal(said(2_592_000), '30 day');
    assert.equal(said(86_400 + 59 * 60), '1 day');
  });

  test('are sizes in binary units', () => {
    assert.deepEqual(binaryOf(65_536), { count: 64, unit: 'KiB' });
    assert.deepEqual(binaryOf(4_194_304), { count: 4, unit: 'MiB' });
    assert.deepEqual(binaryOf(512), { count: 512, unit: 'B' });
  });

  test('have a place also when this console does not know them', () => {
    assert.deepEqual([groupOf('tomorrow'), unitOf('tomorrow')], ['other', 'none']);
    assert.deepEqual([groupOf('maxDataBytes'), unitOf('maxDataBytes')], ['limits', 'bytes']);
  });
});
