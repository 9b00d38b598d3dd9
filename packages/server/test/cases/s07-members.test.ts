/** What is said twice, or is not known, is refused: the last one would count, and could widen what the first one said. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { KeysError, parseKeyList, parseKeysFile } from '../../src/keys/entry.ts';
import { newKey } from '../../src/keys/format.ts';
import { KeyRing } from '../../src/keys/ring.ts';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/server.ts';

const HASH = `sha256:${'0'.repeat(64)}`;
const entry = (more = '') => `{"name":"a","hash":"${HASH}","apps":["shop"],"scopes":["read"]${more}}`;

describe('S7: a keys file', () => {
  test('S7: with a member twice is refused, with where it is (kind: in an entry, beside the entries, in any writing)', () => {
    const cases: [string, RegExp][] = [
      [`{"keys":[${entry(',"apps":"*"')}]}`, /^\/keys\/0\/apps is there twice \(line 1, column \d+\)$/],
      [`{"keys":[${entry(',"scopes":["admin"]')}]}`, /^\/keys\/0\/scopes is there twice/],
      [`{"keys":[${entry()},${entry(',"\\u0061pps":"*"')}]}`, /^\/keys\/1\/apps is there twice/],
      [`{"keys":[],"keys":[${entry()}]}`, /^\/keys is there twice/],
      [`{"keys":[${entry(',"__proto__":{"apps":"*"}')}]}`, /is not a name/],
    ];
    for (const [text, message] of cases) {
      assert.throws(
        () => parseKeysFile(text),
        (error: Error) => error instanceof KeysError && message.test(error.message),
        text,
      );
    }
  });

  test('S7: with an unknown member is refused, in an entry and beside them, and the member is not quoted', () => {
    const secret = newKey();
    for (const text of [
      `{"keys":[${entry()}],"comment":"ours"}`,
      `{"keys":[${entry()}],"${secret}":1}`,
      `{"keys":[${entry(`,"${secret}":1`)}]}`,
      `{"keys":[${entry(`,"${secret}":1,"${secret}":2`)}]}`,
    ]) {
      assert.throws(
        () => parseKeysFile(text),
        (error: Error) => error instanceof KeysError && /member/.test(error.message) && !error.message.includes(secret),
        text,
      );
    }
  });

  test('S7: RS_API_KEYS with one name or one hash twice, or a part too many, is refused', () => {
    const one = `a:${HASH}:shop:read`;
    assert.throws(
      () => new KeyRing(parseKeyList(`${one} a:${HASH.replace('0', '1')}:*:admin`)),
      /two keys have the name a/,
    );
    assert.throws(() => new KeyRing(parseKeyList(`${one};b:${HASH}:*:admin`)), /are the same/);
    for (const text of [`${one}:2027-01-01:*`, `${one}::`, `a:${HASH}:shop:read:*:admin`]) {
      assert.throws(() => parseKeyList(text), KeysError, text);
    }
  });

  test('R14: with a byte order mark is read, by commands and at the start; one in UTF-16 is told what it must be', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    writeFileSync(file, `\uFEFF{"keys":[${entry()}]}`, { mode: 0o600 });
    assert.match((await runCommand(['keys', 'list', '--file', file])).stdout, /^a\t/);
    assert.equal((await runCommand(['keys', 'revoke', 'a', '--file', file])).status, 0);
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { keys: [] });
    writeFileSync(file, Buffer.from(`\uFEFF{"keys":[${entry()}]}`, 'utf16le'));
    assert.match((await runCommand(['keys', 'list', '--file', file])).stderr, /it must be UTF-8/);
  });
});

describe('S7: the words of a command', () => {
  test('S7: an option that is given twice is refused, and nothing is made (kind: the last one wins)', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const words = ['keys', 'create', '--name', 'a', '--apps', 'shop', '--scopes', 'read', '--file', file];
    for (const more of [['--apps', '*'], ['--scopes=admin'], ['--name', 'b'], ['--file', `${file}2`]]) {
      const { status, stdout, stderr } = await runCommand([...words, ...more]);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^rest-sessions: --\w+ is given twice\n/);
    }
  });
});
