import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { membersOf } from '../../src/core/compact-text.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { MAX_DEPTH, MAX_KEYS, readEnvelope, readObject, writeObject } from '../../src/core/json-text.ts';

const compact = (text: string) => writeObject(readObject(text)!);
const refuses = (text: string, code: string) =>
  assert.throws(
    () => readObject(text),
    (error) => error instanceof ServiceError && error.code === code,
    text.slice(0, 60),
  );

describe('reading JSON as text', () => {
  test('values come back to the letter, only whitespace between them goes', () => {
    for (const text of [
      '{}',
      '{"n":1.0,"big":12345678901234567890,"e":1E+2,"z":-0}',
      '{"2":1,"1":[],"a":{},"__proto__":{"x":null}}',
      '{"":"","\\u0061":"\\n\\ud83d\\ude00😀"}',
    ]) {
      assert.equal(compact(text), text);
    }
    assert.equal(compact(' {\t"a" : [ 1 , { "b" :\r\n"x y" } ] } '), '{"a":[1,{"b":"x y"}]}');
  });

  test('of duplicate keys the last value wins, at any depth, however the key is escaped', () => {
    assert.equal(compact('{"a":1,"b":2,"\\u0061":3}'), '{"\\u0061":3,"b":2}');
    assert.equal(compact('{"o":{"x":1,"x":2}}'), '{"o":{"x":2}}');
  });

  test('an array is told apart from what is not JSON', () => {
    assert.equal(readObject(' [1]'), null);
    for (const text of [
      '',
      ' ',
      '[1',
      '{',
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":1,}',
      '{a:1}',
      "{'a':1}",
      '{"a":01}',
      '{"a":1.}',
      '{"a":+1}',
      '{"a":NaN}',
      '{"a":tru}',
      '{} {}',
      '{"a":"\n"}',
      '{"a":"\\x"}',
      '{"a":"\\u12"}',
      'null',
      '5',
      '"x"',
      'true',
      '\uFEFF{}',
    ]) {
      refuses(text, 'invalid_json');
    }
  });

  test('what some client could not read back is refused: lone surrogates, numbers beyond a double, deep nesting', () => {
    for (const text of ['{"a":"\\ud800"}', '{"\\udc00":1}', '{"a":"\ud800"}', '{"a":"\\ude00\\ud83d"}'])
      refuses(text, 'invalid_json');
    for (const text of ['{"a":1e400}', `{"a":-${'9'.repeat(400)}}`]) refuses(text, 'invalid_value');
    const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    assert.equal(compact(nested(MAX_DEPTH)), nested(MAX_DEPTH));
    refuses(nested(MAX_DEPTH + 1), 'invalid_value');
    refuses('['.repeat(100_000), 'invalid_value');
  });

  test('more keys than allowed are refused, counted in all objects together', () => {
    const object = (keys: number) => `{${Array.from({ length: keys }, (_, i) => `"k${i}":0`).join(',')}}`;
    assert.equal(readObject(object(MAX_KEYS))!.size, MAX_KEYS);
    refuses(object(MAX_KEYS + 1), 'invalid_value');
    const half = object(MAX_KEYS / 2);
    refuses(`{"a":${half},"b":[${half}]}`, 'invalid_value');
    assert.throws(
      () => readObject(object(MAX_KEYS + 1)),
      /data must not have more than 1000 keys, all objects counted/,
    );
  });

  test('a body around data leaves the data its full depth and number of keys, and no more', () => {
    const deep = `{"a":${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}}`;
    const wide = `{${Array.from({ length: MAX_KEYS }, (_, i) => `"k${i}":0`).join(',')}}`;
    for (const data of [deep, wide]) {
      const member = readEnvelope(`{"subject":"joe", "label":null, "data":${data}}`)!.get('data')!;
      assert.equal(writeObject(readObject(member.value)!), data);
    }
    assert.throws(() => readEnvelope(`{"data":{"a":${deep}}}`), /32 levels/);
    assert.equal(readEnvelope('[1]'), null);
    assert.throws(() => readEnvelope('{"a":"\ud800"}'), /surrogate/);
  });
});

describe('taking compact text apart', () => {
  test('gives what reading gives, for any JSON with quotes, backslashes and brackets in its strings', () => {
    const text = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', 'a', 'é', '\n', '😀') });
    const value = fc.jsonValue({ maxDepth: 5 });
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(value, text, fc.dictionary(text, text))), (object) => {
        const members = readObject(JSON.stringify(object))!;
        assert.deepEqual([...membersOf(writeObject(members))], [...members]);
      }),
    );
  });

  test('keys that mean the same in another spelling are one key', () => {
    assert.deepEqual([...membersOf('{"\\u0061":1.0}')], [['a', { rawKey: '"\\u0061"', value: '1.0' }]]);
  });

  test('text that no reader made is a fault, not a guess', () => {
    for (const text of ['{"a', '{"a":1', '{ "a":1}', '{"a":"x}', '[1]']) assert.throws(() => membersOf(text), text);
  });
});
