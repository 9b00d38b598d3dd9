import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type KeyEntry, ordered, stateOf } from '../src/views/keys/keys.ts';

const NOW = Date.parse('2026-11-29T12:00:00.000Z');
const DAY = 86_400_000;
const key = (name: string, days: number | null): KeyEntry => ({
  ...{ name, apps: '*', scopes: ['read'], createdAt: null, lastUsedAt: null, certificate: false, source: 'file' },
  expiresAt: days === null ? null : new Date(NOW + days * DAY).toISOString(),
});

describe('the keys of the server', () => {
  test('warn two weeks before they end', () => {
    const states = [null, 15, 14, 1, 0, -1].map((days) => stateOf(key('x', days), NOW));
    assert.deepEqual(states, ['valid', 'valid', 'soon', 'soon', 'expired', 'expired']);
  });

  test('have those first that need somebody', () => {
    const keys = [key('b', null), key('old', -3), key('a', 90), key('later', 9), key('sooner', 2)];
    assert.deepEqual(
      ordered(keys, NOW).map(({ name }) => name),
      ['sooner', 'later', 'old', 'a', 'b'],
    );
  });
});
