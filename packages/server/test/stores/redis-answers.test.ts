/** An answer of Redis that is not what its script promises goes no further. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parts } from '../../src/stores/redis/answers.ts';

const text = (...texts: string[]) => texts.map((one) => Buffer.from(one));

test('the parts of an answer come as what they are, and there may be more of them', () => {
  const [name] = text('created');
  const answer = [7, name, text('a', 'b'), text('hash', 'id'), name];
  assert.deepEqual(parts(answer, 'number', 'text', 'texts', 'pairs'), [7, 'created', ['a', 'b'], [['hash', 'id']]]);
  assert.deepEqual(parts([7, name, []], 'number', 'bytes', 'list'), [7, name, []]);
});

test('a part of another kind, or one that is missing, is a failure of the store', () => {
  for (const answer of [[], [1, null], [1, 2], [1, '1'], [1, [1]], [1, text('a')], [1, new Error('ERR')]]) {
    for (const kind of ['text', 'bytes', 'pairs'] as const) {
      assert.throws(() => parts(answer, 'number', kind), { code: 'store_unavailable' });
    }
  }
});
