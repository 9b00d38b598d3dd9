import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import { MAX_DEPTH, readObject, writeObject } from '../../src/core/json-text.ts';
import { initialData, mergeTopLevel } from '../../src/core/merge.ts';

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
});

describe('the classic merge', () => {
  const merge = (data: string, patch: string) => mergeTopLevel(data, readObject(patch)!);

  test('null removes, other values replace in place, new keys go to the end, the rest is untouched text', () => {
    assert.equal(merge('{"z":1.0,"y":2,"x":[]}', '{"y":null,"a":0,"z":9}'), '{"z":9,"x":[],"a":0}');
    assert.equal(merge('{"a":{"deep":1,"keep":2}}', '{"a":{"deep":null}}'), '{"a":{"deep":null}}');
    assert.equal(merge('{"a":1}', '{"nothere":null}'), '{"a":1}');
    assert.equal(merge('{"1":1,"0":2}', '{"0":3}'), '{"1":1,"0":3}');
  });

  test('create drops members that are null', () => {
    assert.equal(initialData(readObject('{"a":null,"b":[null]}')!), '{"b":[null]}');
  });
});
