import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { binaryOf, groupOf, unitOf } from '../src/views/policy/units.ts';

describe('the values of a policy', () => {
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
