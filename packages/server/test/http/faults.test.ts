import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quoted, shown } from '../../src/http/operation/faults.ts';

test('a name is shown as it was sent, but nothing in it that a log or a terminal would obey', () => {
  assert.equal(quoted('größe 😀'), '"größe 😀"');
  assert.equal(quoted('a"b\\'), '"a\\"b\\\\"');
  for (const odd of ['\n', '\r', '\0', '\u001b[31m', '\u009b31m', '\u2028', '\u2029', '\u202e', '\ufeff', '\ud800']) {
    assert.match(quoted(`a${odd}b`), /^"a\\[ -~]+b"$/, JSON.stringify(odd));
  }
  assert.ok(quoted(shown('😀'.repeat(10_000))).length < 150);
});
