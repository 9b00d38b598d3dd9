/** The small rules: expiry arithmetic, names and texts, updates that are refused, cursors. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCursor, writeCursor } from '../../src/core/cursor.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { expiresAt, idleFor, isLive, touched } from '../../src/core/expiry.ts';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { newSessionId, parseToken } from '../../src/core/token.ts';
import { checkApp, checkIdleTimeout, checkIp, checkSubject } from '../../src/core/validate.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { make, T0 } from '../conformance/harness.ts';

describe('expiry', () => {
  const timed = (idleTimeout: number | null, absoluteExpiresAt: number | null) => ({
    lastSeenAt: 1000,
    idleTimeout,
    absoluteExpiresAt,
  });

  test('the earlier of the two deadlines ends a session; without any it never ends', () => {
    assert.equal(expiresAt(timed(50, null)), 1050);
    assert.equal(expiresAt(timed(50, 1020)), 1020);
    assert.equal(expiresAt(timed(50, 9999)), 1050);
    assert.equal(expiresAt(timed(null, null)), Number.POSITIVE_INFINITY);
    assert.ok(isLive(timed(50, null), 1049));
    assert.ok(!isLive(timed(50, null), 1050));
  });

  test('a touch never moves expiresAt past absoluteExpiresAt, and never back', () => {
    const { session } = make({ absoluteExpiresAt: T0 + 5000, idleTimeout: 4000 });
    assert.equal(expiresAt(touched(session, T0 + 3000, 1)), T0 + 5000);
    assert.equal(touched(session, T0 - 1, 1).lastSeenAt, T0);
    assert.equal(idleFor(session, T0 - 1), 0);
  });
});

describe('names and texts', () => {
  const refused = (check: () => unknown, field: string, code = 'invalid_format') =>
    assert.throws(
      check,
      (error) =>
        error instanceof ServiceError &&
        error.code === code &&
        error.field === field &&
        error.message.startsWith(field),
    );

  test('an app is 3 to 20 characters of A-Z, a-z, 0-9, _ and -, and does not begin with _', () => {
    for (const app of ['abc', 'A-b_9', 'x'.repeat(20), '-__']) assert.equal(checkApp(app), app);
    for (const app of [
      '',
      'ab',
      'x'.repeat(21),
      'a.b',
      'a b',
      'abc\n',
      'ähm',
      'а\u0440\u0440',
      'abc/../x',
      '_app',
      '__proto__',
    ])
      refused(() => checkApp(app), 'app');
  });

  test('a subject is 1 to 255 characters, counted as people count them, without line breaks', () => {
    for (const subject of ['0', ' ', '\0', 'x'.repeat(255), '😀'.repeat(255), '..', 'a\tb'])
      assert.equal(checkSubject(subject), subject);
    for (const subject of [
      '',
      'x'.repeat(256),
      '😀'.repeat(256),
      'a\nb',
      'a\r',
      '\u2028',
      '\u2029',
      '\ud800',
      'x'.repeat(10_000_000),
    ]) {
      refused(() => checkSubject(subject), 'subject');
    }
  });

  test('an ip is any text of 1 to 64 characters', () => {
    for (const ip of ['unknown', '::1', '1.2.3.4, 10.0.0.1']) assert.equal(checkIp(ip), ip);
    for (const ip of ['', 'x'.repeat(65), '1.1.1.1\r\nX: y']) refused(() => checkIp(ip), 'ip');
  });

  test('a timeout lies within the policy, and nothing that is no number passes', () => {
    assert.equal(checkIdleTimeout(10_000, DEFAULT_POLICY), 10_000);
    for (const ms of [9999, 0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2_147_483_648_000]) {
      refused(() => checkIdleTimeout(ms, DEFAULT_POLICY), 'idleTimeout', 'invalid_value');
    }
  });

  test('cursors come back as they were written', () => {
    const position = { lastSeenAt: T0, id: newSessionId('joe') };
    assert.deepEqual(readCursor(writeCursor(position)), position);
  });
});

describe('updates', () => {
  test('one that is refused fails alone; those gathered with it go through', async () => {
    const store = new MemoryStore();
    const sessions = new Sessions(store, () => ({ ...DEFAULT_POLICY, maxDataBytes: 100 }));
    const app = checkApp('shop');
    const { token } = await sessions.create(
      {
        app,
        subject: checkSubject('joe'),
        ip: null,
        userAgent: null,
        label: null,
        idleTimeout: checkIdleTimeout(10_000, DEFAULT_POLICY),
        absoluteTimeout: null,
        data: '{}',
        tokenKind: 'classic',
      },
      T0,
    );
    const set = (data: string) => sessions.update(app, token, () => ({ data }), T0 + 1000);
    const outcomes = await Promise.allSettled([set('{"a":1}'), set(`{"a":"${'x'.repeat(100)}"}`), set('{"a":2}')]);
    assert.deepEqual(
      outcomes.map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value?.session.version : outcome.reason.code,
      ),
      [2, 'data_too_large', 3],
    );
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value?.idle : null)),
      [1000, null, 0],
    );
    assert.equal((await store.get(app, parseToken(token), 'look', T0))?.session.data, '{"a":2}');
  });
});
