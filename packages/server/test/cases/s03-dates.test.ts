/** Dates that do not exist are refused, wherever a date is read. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readArguments, UsageError } from '../../src/cli/arguments.ts';
import { events } from '../../src/cli/definitions/events.ts';
import { instantIn } from '../../src/cli/remote/spans.ts';
import { exactInstantOf, instantOf } from '../../src/core/calendar.ts';
import { KeysError, parseKeyList, parseKeysFile } from '../../src/keys/entry.ts';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

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

  test('S3: is nothing to begin with, and neither is a text that means another instant elsewhere or none (kind: events, webhooks, --since)', async (t) => {
    const policy = join(temporaryFolder(t), 'policy.json');
    writeFileSync(policy, JSON.stringify({ apps: { shop: { events: true } } }));
    const server = await startServer(t, { RS_CONFIG: policy, RS_STORE: 'memory:' });
    const client = new Client(server.url);
    t.after(() => client.close());
    const begun = async (method: string, path: string, at: string, text: string) => {
      const query = `?${at}=${encodeURIComponent(text)}`;
      const { status, json } = await client.send(method, `/v1${path}${query}`, method === 'POST' ? '' : undefined);
      const error = json.errors?.[0];
      return { status, code: json.code, fault: error && [error.parameter, error.rule], message: error?.message };
    };
    const ways = [
      ['GET', '/apps/shop/events', 'after'],
      ['GET', '/events', 'after'],
      ['POST', '/apps/shop/webhooks/mail/replay', 'from'],
    ] as const;
    const kinds: [string, RegExp][] = [
      ['2026-02-30T00:00:00Z', /not one of a day or time that does not exist$/],
      ['2026-02-30', /not a date$/],
      ['2026-11-30', /not a date$/],
      ['2026-11-30T09:59:00', /not a text that only begins like one$/],
      ['2026-1-1 (any words)', /not a text that only begins like one$/],
      ['2026-', /not a text that only begins like one$/],
    ];
    for (const [method, path, at] of ways) {
      for (const [text, kind] of kinds) {
        const { status, code, fault, message } = await begun(method, path, at, text);
        assert.deepEqual([status, code, fault], [400, 'invalid_request', [at, 'format']], `${path} ${text}`);
        assert.match(message, kind);
      }
      for (const text of ['2026-02-28T23:59:59.999Z', '2026-02-28T00:00:00+02:00']) {
        assert.notEqual((await begun(method, path, at, text)).status, 400, `${path} ${text}`);
      }
    }
    for (const text of [...NOT_THERE, ...THERE]) {
      assert.equal(exactInstantOf(text), /:\d\d(?:\.|Z|\+)/.test(text.slice(16)) ? instantOf(text) : null, text);
    }
    const since = (text: string) =>
      instantIn(readArguments(events, ['tail', '--app', 'shop', '--since', text]).given, 'since', 0);
    for (const text of [...NOT_THERE, '2026-11-30T09:59:00', '2026-11-30 and more']) {
      assert.throws(() => since(text), UsageError, text);
    }
    for (const text of THERE) assert.equal(since(text), Date.parse(text), text);
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
