/** What is written in parts, because it is on the way of every read, is what the platform writes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_DATA, type Session } from '../../src/core/session.ts';
import { instantText } from '../../src/http/message/instant-text.ts';
import { classicSession, SESSION_MEMBERS, sessionJson } from '../../src/http/message/wire.ts';

const SESSION: Session = {
  ...{
    id: '00AAAAAAAAAAAAAA',
    app: 'shop',
    subject: 'u',
    createdAt: 1,
    authenticatedAt: null,
    lastSeenAt: 1_800_000_000_007,
  },
  ...{ idleTimeout: null, absoluteExpiresAt: null, version: 1, reads: 2, ip: null, userAgent: null, label: '' },
  data: EMPTY_DATA,
};

test('an instant is written as Date writes it', () => {
  const edges = [
    0,
    1,
    999,
    59_999,
    86_399_999,
    86_400_000,
    Date.UTC(2024, 1, 29, 23, 59, 59, 999),
    Date.UTC(9999, 11, 31),
  ];
  const others = [-1, -86_400_001, 1.5, Date.UTC(10_000, 0), 8.64e15];
  // Steps that are no multiple of a minute or a day, over more days than are kept.
  const steps = Array.from({ length: 2000 }, (_, i) => 1_600_000_000_000 + i * 123_456_789);
  for (const at of [...edges, ...others, ...steps]) assert.equal(instantText(at), new Date(at).toISOString());
  for (const none of [Number.NaN, 8.64e15 + 1]) assert.throws(() => instantText(none), RangeError);
});

test('a whole session has the text of all its members, and each text that of JSON', () => {
  for (const text of ['', 'plain ~!', 'a"b', 'a\\b', 'a\nb', '\x7f', 'é', '\u2028', '\ud800', '😀']) {
    const session = { ...SESSION, subject: text, userAgent: text };
    const whole = sessionJson(session);
    assert.equal(whole, sessionJson(session, { members: SESSION_MEMBERS, data: [] }));
    assert.ok(whole.includes(`"subject":${JSON.stringify(text)},`), whole);
    assert.ok(classicSession({ ...session, ip: text }, 1, 0, 0).includes(`"ip":${JSON.stringify(text)}`));
    assert.equal(JSON.parse(whole).userAgent, text);
  }
});
