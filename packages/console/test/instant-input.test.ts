import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromInput, toInput } from '../src/messages/instant-input.ts';

describe('an instant that is typed', () => {
  const AT = Date.parse('2026-11-29T12:34:56.000Z');

  test('is UTC where that is chosen', () => {
    assert.equal(toInput(AT, 'utc'), '2026-11-29T12:34:56');
    assert.equal(fromInput('2026-11-29T12:34', 'utc'), '2026-11-29T12:34:00.000Z');
  });

  test('comes back as it was in the reader’s zone, whatever that is', () => {
    assert.equal(fromInput(toInput(AT, 'local'), 'local'), '2026-11-29T12:34:56.000Z');
  });

  test('is none where nothing was typed', () => {
    assert.equal(fromInput('', 'local'), null);
    assert.equal(fromInput('soon', 'utc'), null);
  });
});
