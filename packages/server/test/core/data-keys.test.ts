import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDataKeys, MAX_KEYS } from '../../src/core/data-keys.ts';
import { ServiceError } from '../../src/core/errors.ts';

const object = (keys: number, value: unknown = 0) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, value])));

const refused = (data: string, before?: string) => {
  try {
    checkDataKeys(data, before);
    return false;
  } catch (error) {
    assert.ok(error instanceof ServiceError && error.code === 'invalid_value');
    assert.match(error.message, /more than 1000 keys/);
    return true;
  }
};

test('data may have 1,000 keys, those of all levels together, and not one more', () => {
  assert.ok(!refused(object(MAX_KEYS)));
  assert.ok(refused(object(MAX_KEYS + 1)));
  assert.ok(!refused(object(500, { a: 0 })));
  assert.ok(refused(object(501, { a: 0 })));
  assert.ok(refused(`{"a":[${Array(1000).fill('{"":0}').join(',')}]}`));
  assert.ok(refused(`{${Array(1001).fill('"":0').join(',')}}`), 'the shortest there can be');
});

test('colons, quotes and backslashes in strings are not keys', () => {
  assert.ok(!refused(JSON.stringify({ a: '":"'.repeat(3000), b: '\\":'.repeat(3000), c: '"\\'.repeat(2000) })));
  assert.ok(refused(object(1001, '":\\"')));
});

test('a session that has more already can lose some, but not gain any', () => {
  assert.ok(!refused(object(1500), object(1600)));
  assert.ok(refused(object(1600), object(1500)));
});
