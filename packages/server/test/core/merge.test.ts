import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '../../src/core/errors.ts';
import { MAX_DEPTH, MAX_KEYS, readObject, writeObject } from '../../src/core/json-text.ts';
import { initialData, mergePatch, mergeTopLevel, pick, setUnset } from '../../src/core/merge.ts';

const patch = (data: string, text: string) => mergePatch(data, readObject(text)!);
const classic = (data: string, text: string) => mergeTopLevel(data, readObject(text)!);
const set = (data: string, text: string, unset: string[] = []) => setUnset(data, readObject(text)!, unset);
const compact = (value: unknown) => writeObject(readObject(JSON.stringify(value))!);

/** Text that JavaScript values could not carry: big and exact numbers, the order of keys that look like indexes. */
const EXACT =
  '{"2":12345678901234567890,"1":1.0,"e":1E+2,"z":-0,"l":[],"o":{},"n":{"x":null,"\\u0062":[1.50]},"__proto__":1}';

describe('the merge patch', () => {
  test('does what the examples of RFC 7396 say, appendix A, as far as both are objects', () => {
    for (const [data, change, result] of [
      ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
      ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
      ['{"a":"b"}', '{"a":null}', '{}'],
      ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
      ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
      ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
      ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
      ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
      ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
      ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
      // The example of section 3.
      [
        '{"title":"Goodbye!","author":{"givenName":"John","familyName":"Doe"},"tags":["example","sample"],"content":"x"}',
        '{"title":"Hello!","phoneNumber":"+01-123-456-7890","author":{"familyName":null},"tags":["example"]}',
        '{"title":"Hello!","author":{"givenName":"John"},"tags":["example"],"content":"x","phoneNumber":"+01-123-456-7890"}',
      ],
    ] as const) {
      assert.equal(patch(data, change), result, change);
    }
  });

  test('an object on what is no object merges into an empty one; nulls inside it go, nulls inside arrays stay', () => {
    for (const data of ['{"a":1}', '{"a":[1]}', '{"a":null}', '{"a":"{}"}', '{}']) {
      assert.equal(
        patch(data, '{"a":{"b":1,"c":null,"d":{"e":null},"f":[null,{"g":null}]}}'),
        '{"a":{"b":1,"d":{},"f":[null,{"g":null}]}}',
      );
    }
  });

  test('what it does not name comes back to the letter, in its place and spelling', () => {
    assert.equal(patch(EXACT, '{"new":{"deep":2.0}}'), EXACT.replace(/}$/, ',"new":{"deep":2.0}}'));
    assert.equal(patch(EXACT, '{"n":{"b":[1.500]}}'), EXACT.replace('[1.50]', '[1.500]'));
    assert.equal(patch(EXACT, '{}'), EXACT);
    assert.equal(patch(EXACT, '{"n":{},"o":{}}'), EXACT);
    assert.equal(patch('{"a":1,"b":{"c":1.0,"d":2}}', '{"b":{"d":null,"\\u0063":3.0}}'), '{"a":1,"b":{"c":3.0}}');
  });

  test('gives for any data and patch what the algorithm of the RFC gives on values', () => {
    const key = fc.constantFrom('a', 'b', 'c', '"', '\\', '', '__proto__', '1', '0');
    const { object } = fc.letrec((tie) => ({
      object: fc.dictionary(key, tie('value'), { maxKeys: 5 }),
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, 1, true, 'x', '{"a":null}', '}', []),
        fc.array(tie('value'), { maxLength: 2 }),
        tie('object'),
      ),
    }));
    fc.assert(
      fc.property(object, object, (data, change) => {
        const merged = patch(compact(data), compact(change));
        assert.equal(merged, writeObject(readObject(merged)!), 'the result is compact');
        assert.deepEqual(plain(JSON.parse(merged)), plain(reference(data, change)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('set and unset', () => {
  test('set stores values as they are, null too, and unset removes keys: at the top level', () => {
    assert.equal(
      set('{"a":1,"b":{"c":1},"d":2}', '{"b":{"e":null},"n":null}', ['d', 'nothere']),
      '{"a":1,"b":{"e":null},"n":null}',
    );
    assert.equal(set(EXACT, '{}', ['n']), EXACT.replace(',"n":{"x":null,"\\u0062":[1.50]}', ''));
    assert.equal(set(EXACT, '{"1":1.00}'), EXACT.replace('1.0,', '1.00,'));
    assert.equal(set('{"a":1}', '{}', ['a']), '{}');
  });

  test('one key in both is refused, because their order would decide', () => {
    assert.throws(() => set('{}', '{"a":1}', ['a']), invalid('must not name the same key'));
  });
});

describe('the classic merge', () => {
  test('null removes, other values replace in place, new keys go to the end, the rest is untouched text', () => {
    assert.equal(classic('{"z":1.0,"y":2,"x":[]}', '{"y":null,"a":0,"z":9}'), '{"z":9,"x":[],"a":0}');
    assert.equal(classic('{"a":{"deep":1,"keep":2}}', '{"a":{"deep":null}}'), '{"a":{"deep":null}}');
    assert.equal(classic('{"a":1}', '{"nothere":null}'), '{"a":1}');
    assert.equal(classic('{"1":1,"0":2}', '{"0":3}'), '{"1":1,"0":3}');
  });

  test('create drops members that are null', () => {
    assert.equal(initialData(readObject('{"a":null,"b":[null]}')!), '{"b":[null]}');
  });
});

describe('the limits of data', () => {
  const keys = (count: number, prefix: string) =>
    `{${Array.from({ length: count }, (_, i) => `"${prefix}${i}":0`).join(',')}}`;

  test('no change makes more keys than allowed, counted in all objects together', () => {
    const data = `{"in":${keys(MAX_KEYS - 2, 'a')}}`;
    for (const change of [patch, classic, set]) {
      assert.equal(change(data, '{"one":"\\"x\\":[]"}').length, data.length + 17);
      assert.throws(() => change(data, '{"one":1,"two":2}'), invalid('1000 keys'));
      assert.throws(() => change(data, '{"one":{"two":2}}'), invalid('1000 keys'));
    }
    assert.throws(() => patch(data, `{"in":${keys(2, 'b')}}`), invalid('1000 keys'));
    assert.throws(() => initialData(readObject(keys(MAX_KEYS + 1, 'a'))!), invalid('1000 keys'));
  });

  test('no change nests deeper than allowed, whatever is merged into what', () => {
    const nest = fc.integer({ min: 1, max: MAX_DEPTH }).map((depth) => {
      return `${'{"a":'.repeat(depth - 1)}{"b":1}${'}'.repeat(depth - 1)}`;
    });
    fc.assert(
      fc.property(nest, nest, (data, change) => {
        for (const changed of [patch(data, change), classic(data, change), set(data, change)]) readObject(changed);
      }),
    );
  });
});

describe('picking members', () => {
  const data =
    '{"cart":{"items":[1.0,{"id":2}],"total":{"net":1,"vat":2},"empty":{}},"name":"x","a.b":{"c":1},"a":{"b":2,"b.c":3}}';

  test('gives what the paths name, to the letter, in the order of the data', () => {
    assert.equal(pick(data, ['name', 'cart.items']), '{"cart":{"items":[1.0,{"id":2}]},"name":"x"}');
    assert.equal(pick(data, ['cart.total.vat', 'cart.total.net']), '{"cart":{"total":{"net":1,"vat":2}}}');
    assert.equal(pick(data, ['cart.total.vat', 'cart']), pick(data, ['cart']));
    assert.equal(pick(data, ['cart.empty']), '{"cart":{"empty":{}}}');
  });

  test('gives an empty object for what does not exist, and does not look into arrays and texts', () => {
    for (const path of [
      '',
      '.',
      'nothere',
      'name.length',
      'cart.items.0',
      'cart.nothere',
      'cart.',
      '__proto__',
      'cart.total.net.x',
    ]) {
      assert.equal(pick(data, [path]), '{}', path);
    }
    assert.equal(pick(data, []), '{}');
    assert.equal(pick('{}', ['a']), '{}');
  });

  test('a key with a dot comes before the members of an object', () => {
    assert.equal(pick(data, ['a.b']), '{"a.b":{"c":1}}');
    assert.equal(pick(data, ['a.b.c']), '{"a":{"b.c":3}}');
  });
});

function invalid(words: string) {
  return (error: unknown) =>
    error instanceof ServiceError && error.code === 'invalid_value' && error.message.includes(words);
}

type Value = unknown;

/** MergePatch of RFC 7396, section 2, word for word, on values. */
function reference(target: Value, change: Value): Value {
  if (!isRecord(change)) return change;
  const result = new Map(isRecord(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) result.delete(name);
    else result.set(name, reference(result.get(name), value));
  }
  return Object.fromEntries(result);
}

function isRecord(value: Value): value is Record<string, Value> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without prototypes, which JSON does not have. */
function plain(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}
