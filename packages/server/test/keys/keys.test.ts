/** API keys without a server: their text, their two written forms, the ring, and a file that changes. */
import assert from 'node:assert/strict';
import fs, { chmodSync, linkSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { type KeyEntry, KeysError, keyListEntry, parseKeyList, parseKeysFile } from '../../src/keys/entry.ts';
import { changeKeysFile, readKeysFile } from '../../src/keys/file.ts';
import { hashKey, isKey, newKey } from '../../src/keys/format.ts';
import { KeyRing } from '../../src/keys/ring.ts';
import { type KeyEvent, KeySource } from '../../src/keys/source.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const HASH = `sha256:${'0'.repeat(64)}`;
const ENTRY = { name: 'billing', hash: HASH, apps: ['shop', 'blog'], scopes: ['read', 'write'] };
const fileOf = (...keys: unknown[]) => JSON.stringify({ keys });

describe('the text of a key', () => {
  test('has a prefix, 178 random bits and a checksum that finds each typo of one character', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 2000; i++) {
      const key = newKey();
      assert.match(key, /^rsk_[A-Za-z0-9]{36}$/);
      assert.ok(isKey(key));
      seen.add(key);
      const at = 4 + (i % 36);
      assert.ok(!isKey(key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1)), key);
    }
    assert.equal(seen.size, 2000);
    for (const text of ['', 'rsk_', newKey().slice(4), `${newKey()}a`, ` ${newKey()}`]) assert.ok(!isKey(text), text);
  });

  test('its checksum is the CRC-32 that every tool has', {
    skip: crc32 === undefined && 'came with Node 20.15',
  }, () => {
    const key = newKey();
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const value = [...key.slice(34)].reduce((sum, digit) => sum * 62 + digits.indexOf(digit), 0);
    assert.equal(value, crc32(key.slice(4, 34)));
  });
});

describe('a written key', () => {
  test('is the same in both forms', () => {
    const expiresAt = '2027-01-31T00:00:00Z';
    const [fromFile] = parseKeysFile(fileOf({ ...ENTRY, expiresAt, createdAt: '2026-01-01T00:00:00Z' }));
    const text = keyListEntry({ ...ENTRY, expiresAt });
    assert.equal(text, `billing:${HASH}:shop,blog:read,write:${expiresAt}`);
    // The list has no place for when a key was made.
    const listed = { ...fromFile, createdAt: null };
    assert.deepEqual(parseKeyList(`\n ${text};${text.replace('billing', 'b2')} `), [listed, { ...listed, name: 'b2' }]);
    assert.equal(fromFile!.createdAt, Date.UTC(2026, 0, 1));
    assert.equal(fromFile!.expiresAt, Date.UTC(2027, 0, 31));
    assert.equal(parseKeyList(`ops:${HASH}:*:admin`)[0]!.apps, '*');
  });

  test('with any fault is refused by a message that names the rule and quotes nothing', () => {
    const secret = newKey();
    const faults: [unknown, RegExp][] = [
      [{ ...ENTRY, name: undefined }, /name/],
      [{ ...ENTRY, name: 'a b' }, /name/],
      [{ ...ENTRY, hash: secret }, /hash must be/],
      [{ ...ENTRY, hash: undefined }, /needs a hash or a certificate/],
      [{ ...ENTRY, hash: undefined, certificate: secret }, /certificate/],
      [{ ...ENTRY, apps: [] }, /apps/],
      [{ ...ENTRY, apps: 'shop' }, /apps/],
      [{ ...ENTRY, apps: ['*'] }, /apps/],
      [{ ...ENTRY, apps: undefined }, /apps/],
      [{ ...ENTRY, scopes: ['all'] }, /scopes/],
      [{ ...ENTRY, scopes: [] }, /scopes/],
      [{ ...ENTRY, expires: '2027-01-01' }, /unknown member/],
      [{ ...ENTRY, [secret]: 1 }, /unknown member/],
      [{ ...ENTRY, expiresAt: 'soon' }, /expiresAt/],
      [{ ...ENTRY, expiresAt: '2027-13-01' }, /expiresAt/],
      [secret, /object/],
    ];
    for (const [entry, rule] of faults) {
      assert.throws(
        () => parseKeysFile(fileOf(entry)),
        (error: Error) => error instanceof KeysError && rule.test(error.message) && !error.message.includes(secret),
        JSON.stringify(entry),
      );
    }
    for (const text of ['', '[]', '{}', 'null', '{"keys":{}}', '{"keys":[}']) {
      assert.throws(() => parseKeysFile(text), KeysError);
    }
    for (const text of [secret, `billing:${secret}:shop:read`, `billing:${HASH}:shop`, `billing:${HASH}::read`]) {
      assert.throws(
        () => parseKeyList(text),
        (error: Error) => error instanceof KeysError && !error.message.includes(secret),
        text,
      );
    }
  });
});

describe('the ring', () => {
  const key = newKey();
  const entry = (more: Partial<KeyEntry>): KeyEntry => ({
    name: 'a',
    hash: hashKey(key),
    certificate: null,
    apps: '*',
    scopes: new Set(['read']),
    expiresAt: null,
    createdAt: null,
    ...more,
  });
  const nobody = () => assert.fail('nothing has expired');

  test('refuses two keys of one name, one hash or one certificate', () => {
    assert.throws(() => new KeyRing([entry({}), entry({ hash: HASH })]), /the name a/);
    assert.throws(() => new KeyRing([entry({}), entry({ name: 'b' })]), /a and b are the same/);
    const certificate = entry({ hash: null, certificate: 'CN=x' });
    assert.throws(() => new KeyRing([certificate, { ...certificate, name: 'b' }]), /a and b are the same/);
  });

  test('takes a certificate for a key, asks for both where both are configured, and never falls back on one', () => {
    const alone = new KeyRing([entry({ hash: null, certificate: 'CN=shop' })]);
    assert.equal(alone.verify({ key: null, certificates: ['DNS:x', 'CN=shop'] }, 0, nobody)?.name, 'a');
    assert.equal(alone.verify({ key: null, certificates: ['CN=shop2'] }, 0, nobody), null);
    assert.equal(alone.verify({ key: newKey(), certificates: ['CN=shop'] }, 0, nobody), null);
    const both = new KeyRing([entry({ certificate: 'CN=shop' })]);
    assert.equal(both.verify({ key, certificates: ['CN=shop'] }, 0, nobody)?.name, 'a');
    assert.equal(both.verify({ key, certificates: [] }, 0, nobody), null);
    assert.equal(both.verify({ key: null, certificates: ['CN=shop'] }, 0, nobody), null);
  });

  test('a key ends at its instant, and that is told', () => {
    const told: string[] = [];
    const ring = new KeyRing([entry({ expiresAt: 1000 })]);
    const verify = (now: number) => ring.verify({ key, certificates: [] }, now, (name) => told.push(name));
    assert.equal(verify(999)?.name, 'a');
    assert.equal(verify(1000), null);
    assert.deepEqual(told, ['a']);
  });
});

describe('the keys file', () => {
  function keysFile(cleanup: Cleanup, text: string, mode = 0o600): string {
    const path = join(temporaryFolder(cleanup), 'keys.json');
    writeFileSync(path, text, { mode });
    return path;
  }

  test('is refused while others may write it, and warned of while everybody may read it', (t) => {
    const path = keysFile(t, fileOf(ENTRY));
    for (const mode of [0o400, 0o600, 0o640, 0o440]) {
      chmodSync(path, mode);
      assert.deepEqual([readKeysFile(path).entries.length, readKeysFile(path).warnings], [1, []], mode.toString(8));
    }
    for (const mode of [0o604, 0o644, 0o444]) {
      chmodSync(path, mode);
      assert.match(readKeysFile(path).warnings.join(), /every account may read it/, mode.toString(8));
    }
    for (const mode of [0o620, 0o602, 0o666, 0o022]) {
      chmodSync(path, mode);
      assert.throws(() => readKeysFile(path), /others than its owner may write it .*chmod go-w/, mode.toString(8));
    }
  });

  test('is changed as a whole, keeps the other entries as they are, and leaves nothing beside it', (t) => {
    const path = keysFile(t, fileOf(ENTRY));
    const more = { ...ENTRY, name: 'b2', hash: `sha256:${'1'.repeat(64)}`, createdAt: '2026-01-01' };
    changeKeysFile(path, (entries) => [...entries, more]);
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { keys: [ENTRY, more] });
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(path, '..')), ['keys.json']);
  });

  test('that is written over, because it has another name, has its old text again when the disk is full', (t) => {
    const path = keysFile(t, fileOf(ENTRY));
    linkSync(path, `${path}.other`);
    const room = statSync(path).size;
    const { writeSync } = fs;
    const full = (fd: number, bytes: Uint8Array, from: number, length: number, at: number) => {
      if (at >= room) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      return writeSync(fd, bytes, from, Math.min(length, room - at), at);
    };
    t.mock.method(fs, 'writeSync', full);
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    const more = { ...ENTRY, name: 'a-name-before-billing', hash: `sha256:${'1'.repeat(64)}` };
    assert.throws(() => changeKeysFile(path, (entries) => [more, ...entries]), /ENOSPC/);
    assert.equal(readFileSync(path, 'utf8'), fileOf(ENTRY));
  });

  test('is not changed into one that could not be read, nor when it has a fault already', (t) => {
    const path = keysFile(t, fileOf(ENTRY));
    assert.throws(() => changeKeysFile(path, (entries) => [...entries, ENTRY]), /two keys have the name billing/);
    assert.throws(() => changeKeysFile(path, () => [{}]), KeysError);
    assert.equal(readFileSync(path, 'utf8'), fileOf(ENTRY));
    const broken = keysFile(t, '{"keys":[');
    assert.throws(() => changeKeysFile(broken, (entries) => entries), /is not JSON/);
    assert.throws(() => readKeysFile(join(path, '..', 'none')), /ENOENT/);
  });

  test('a reload takes all of it or nothing, and tells', (t) => {
    const first = newKey();
    const second = newKey();
    const path = keysFile(t, fileOf({ ...ENTRY, hash: hashKey(first) }));
    const events: KeyEvent[] = [];
    const source = new KeySource({ file: path, list: null, onEvent: (event) => events.push(event) });
    const knows = (key: string) => source.verify({ key, certificates: [] }, 0, assert.fail) !== null;
    assert.deepEqual([knows(first), knows(second)], [true, false]);
    writeFileSync(path, fileOf({ ...ENTRY, hash: hashKey(second) }));
    source.reload();
    assert.deepEqual([knows(first), knows(second)], [false, true]);
    for (const fault of ['{', fileOf({ ...ENTRY, apps: [] }), fileOf(ENTRY, ENTRY)]) {
      writeFileSync(path, fault);
      assert.throws(() => source.reload(), KeysError);
      assert.deepEqual([knows(first), knows(second)], [false, true]);
    }
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ['loaded'],
    );
  });

  test('when a key was used is known over a reload, and begins anew with a key that was replaced', (t) => {
    const [kept, old, next] = [newKey(), newKey(), newKey()];
    const written = (rotating: string) =>
      fileOf({ ...ENTRY, name: 'kept', hash: hashKey(kept) }, { ...ENTRY, name: 'rotating', hash: hashKey(rotating) });
    const path = keysFile(t, written(old));
    const list = keyListEntry({ ...ENTRY, name: 'listed', hash: hashKey(newKey()) });
    const source = new KeySource({ file: path, list, onEvent: () => {} });
    const use = (key: string, now: number) => source.verify({ key, certificates: [] }, now, assert.fail);
    assert.deepEqual(source.uses, {});
    use(kept, 1_000);
    use(kept, 2_000);
    use(old, 3_000);
    use(newKey(), 4_000);
    assert.deepEqual(source.uses, { kept: 2_000, rotating: 3_000 });
    writeFileSync(path, written(next));
    source.reload();
    assert.deepEqual(source.uses, { kept: 2_000 });
    use(next, 5_000);
    assert.deepEqual(source.uses, { kept: 2_000, rotating: 5_000 });
    assert.deepEqual(
      source.shown.map(({ name, source }) => [name, source]),
      [
        ['kept', 'file'],
        ['rotating', 'file'],
        ['listed', 'environment'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(source.shown), /sha256|hash/);
  });

  test('a key that has expired is not used by being shown', (t) => {
    const key = newKey();
    const path = keysFile(t, fileOf({ ...ENTRY, hash: hashKey(key), expiresAt: '2026-01-01' }));
    const source = new KeySource({ file: path, list: null, onEvent: () => {} });
    source.verify({ key, certificates: [] }, Date.UTC(2026, 0, 1), () => {});
    assert.deepEqual(source.uses, {});
  });

  test('an expired key is told of once a minute, however often it calls', (t) => {
    const key = newKey();
    const path = keysFile(t, fileOf({ ...ENTRY, hash: hashKey(key), expiresAt: '2026-01-01' }));
    const told: string[] = [];
    const source = new KeySource({ file: path, list: null, onEvent: () => {} });
    const start = Date.UTC(2026, 0, 1);
    for (let i = 0; i < 100; i++) {
      const asked = source.verify({ key, certificates: [] }, start + i * 1000, (name) => told.push(name));
      assert.equal(asked, null);
    }
    assert.deepEqual(told, ['billing', 'billing']);
  });
});
