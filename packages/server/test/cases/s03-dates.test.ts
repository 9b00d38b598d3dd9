/** Dates that do not exist are refused, wherever a date is read. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { instantOf } from '../../src/keys/calendar.ts';
import { KeysError, parseKeyList, parseKeysFile } from '../../src/keys/entry.ts';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/server.ts';

const HASH = `sha256:${'0'.repeat(64)}`;
const NOT_THERE = [
  ...['2027-02-29', '2027-02-30', '2027-02-31', '2027-04-31', '2027-06-31', '2027-09-31', '2027-11-31', '2100-02-29'],
  ...['2027-00-10', '2027-13-01', '2027-01-00', '2027-01-32', '2027-02-31T12:00:00Z', '2027-02-30T23:59:59.999+02:00'],
  ...['2027-01-31T24:00:00Z', '2027-01-31T12:60:00Z', '2027-01-31T12:00:60Z', '2027-01-31T12:00:00+24:00'],
];
const THERE = [
  '2028-02-29',
  '2000-02-29',
  '2027-12-31',
  '2027-02-28T23:59:59.999Z',
  '2027-01-31T12:00Z',
  '2027-03-31T00:30:00+02:00',
];

describe('S3, R14: a date that does not exist', () => {
  test('S3: is no instant, and those that exist are what they say (kind: months, leap years, hours, zones)', () => {
    for (const text of NOT_THERE) assert.equal(instantOf(text), null, text);
    for (const text of THERE) assert.equal(instantOf(text), Date.parse(text), text);
    for (let day = Date.UTC(1999, 11, 1); day < Date.UTC(2009, 0, 1); day += 86_400_000) {
      assert.equal(instantOf(new Date(day).toISOString().slice(0, 10)), day);
    }
  });

  test('S3: is refused with its value in a keys file, in RS_API_KEYS and as createdAt', () => {
    for (const date of NOT_THERE) {
      const named = (error: unknown) =>
        error instanceof KeysError && error.message.includes(`is ${date}, and there is no`);
      const entry = { name: 'a', hash: HASH, apps: '*', scopes: ['read'] };
      for (const member of ['expiresAt', 'createdAt']) {
        assert.throws(() => parseKeysFile(JSON.stringify({ keys: [{ ...entry, [member]: date }] })), named, date);
      }
      assert.throws(() => parseKeyList(`a:${HASH}:*:read:${date}`), named, date);
    }
    for (const date of THERE) assert.equal(parseKeyList(`a:${HASH}:*:read:${date}`)[0]!.expiresAt, Date.parse(date));
  });

  test('S3: that is over is taken by keys create, which says that nobody can use the key (kind: a date with a typo)', async () => {
    const words = ['keys', 'create', '--name', 'old', '--apps', 'shop', '--scopes', 'read', '--expires'];
    for (const date of ['2020-01-01', '0d']) {
      const { status, stderr } = await runCommand([...words, date]);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /old has expired already: .* nobody can use it/);
    }
    assert.doesNotMatch((await runCommand([...words, '1d'])).stderr, /expired/);
  });

  test('S3: is refused by keys create --expires, which makes nothing, and by the start of a server', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const words = ['keys', 'create', '--name', 'a', '--apps', 'shop', '--scopes', 'read', '--file', file];
    for (const date of ['2027-02-31', '2027-04-31T10:00:00Z']) {
      const { status, stdout, stderr } = await runCommand([...words, '--expires', date]);
      assert.deepEqual([status, stdout, existsSync(file)], [2, '', false]);
      assert.ok(stderr.includes(`--expires is ${date}, and there is no such day`), stderr);
    }
    writeFileSync(
      file,
      JSON.stringify({ keys: [{ name: 'a', hash: HASH, apps: '*', scopes: ['read'], expiresAt: '2027-02-31' }] }),
      { mode: 0o600 },
    );
    for (const env of [{ RS_KEYS_FILE: file }, { RS_API_KEYS: `a:${HASH}:*:read:2027-02-31` }]) {
      const { status, stderr } = await runCommand(['serve'], { env });
      assert.equal(status, 2);
      assert.match(stderr, /^rest-sessions: RS_\w+: .*2027-02-31/);
    }
  });
});
