/** What each field of redis-sessions means for a session of ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFixed } from '../../src/core/expiry.ts';
import { MAX_TIMEOUT } from '../../src/core/policy.ts';
import { FIELDS } from '../../src/moving/sources/predecessor/layout.ts';
import { readingOf } from '../../src/moving/sources/predecessor/old-session.ts';

const MADE = 1_790_000_000_123;
const TOKEN = `${'a'.repeat(55)}Z${MADE.toString(36)}`;
const SEEN = 1_790_000_500;
const NOW = SEEN * 1000 + 5000;
const USUAL = { id: 'joe', r: '3', w: '2', ttl: '600', la: `${SEEN}`, ip: '192.0.2.1' };

function read(changes: Partial<Record<(typeof FIELDS)[number], string | null>> = {}, token = TOKEN, now = NOW) {
  const all: Record<string, string | null> = { ...USUAL, ...changes };
  const fields = FIELDS.map((field) => (all[field] == null ? null : Buffer.from(all[field])));
  return readingOf('forum', token, fields, now);
}

function sessionOf(reading: ReturnType<typeof read>) {
  assert.ok(reading?.kind === 'session', JSON.stringify(reading));
  return reading.record.session;
}

function reasonOf(reading: ReturnType<typeof read>) {
  return reading?.kind === 'left' ? reading.reason : reading;
}

test('a session is what its fields say', () => {
  const { id, ...session } = sessionOf(read({ d: '{"b":1.0,"a":[]}' }));
  assert.deepEqual(session, {
    app: 'forum',
    subject: 'joe',
    createdAt: MADE,
    authenticatedAt: MADE,
    lastSeenAt: SEEN * 1000,
    idleTimeout: 600_000,
    absoluteExpiresAt: null,
    version: 2,
    reads: 3,
    ip: '192.0.2.1',
    userAgent: null,
    label: null,
    data: '{"b":1.0,"a":[]}',
  });
  assert.equal(sessionOf(read()).id, id, 'the same each time');
  assert.notEqual(sessionOf(read({}, `b${TOKEN.slice(1)}`)).id, id);
});

test('data is the very text but for white space, and none where there is none', () => {
  assert.equal(sessionOf(read({ d: ' { "n" : 12345678901234567890 } ' })).data, '{"n":12345678901234567890}');
  for (const none of [null, '', '{}']) assert.equal(sessionOf(read({ d: none })).data, '{}');
  for (const bad of ['null', '[]', '"x"', '{"a":}', '{"a":"\\ud83d"}'])
    assert.equal(reasonOf(read({ d: bad })), 'invalid_data');
});

test('it ends ttl seconds after it was seen last', () => {
  assert.ok(read({}, TOKEN, (SEEN + 600) * 1000 - 1)?.kind === 'session');
  assert.equal(reasonOf(read({}, TOKEN, (SEEN + 600) * 1000)), 'expired');
  assert.equal(sessionOf(read({ ttl: '600.5' })).idleTimeout, 600_500, '4.0 keeps fractions');
  assert.equal(sessionOf(read({ ttl: '999999999999' })).idleTimeout, MAX_TIMEOUT);
});

test('with no_resave it ends when what is left of its ttl is over, and use does not lengthen it', () => {
  const session = sessionOf(read({ no_resave: '1', ttl: '100' }));
  assert.equal(session.absoluteExpiresAt, (SEEN + 100) * 1000);
  assert.ok(isFixed(session));
  assert.ok(isFixed(sessionOf(read({ no_resave: '1', ttl: '100' }, 'a'.repeat(64)))));
  assert.ok(!isFixed(sessionOf(read({ no_resave: '0' }))));
});

test('a token that tells no time, or one that was to come, gives the instant it was seen last', () => {
  assert.equal(sessionOf(read({}, 'a'.repeat(64))).createdAt, SEEN * 1000);
  assert.equal(sessionOf(read({}, `${'a'.repeat(55)}Zzzzzzzzz`)).createdAt, SEEN * 1000);
});

test('what is no session says why: nothing, a ghost, what is not written in this form, what our rules refuse', () => {
  const none = Object.fromEntries(FIELDS.map((field) => [field, null]));
  assert.equal(read(none), null);
  assert.equal(reasonOf(read({ ...none, r: '4' })), 'ghost');
  for (const [field, value] of [
    ['r', '-1'],
    ['r', null],
    ['w', '1.5'],
    ['ttl', null],
    ['ttl', '1e9'],
    ['la', 'NaN'],
  ] as const) {
    assert.equal(reasonOf(read({ [field]: value })), 'unreadable', `${field} ${value}`);
  }
  assert.equal(reasonOf(read({ id: 'a\nb' })), 'invalid_subject');
  assert.equal(reasonOf(read({ id: '😀'.repeat(256) })), 'invalid_subject');
  assert.ok(read({ id: '😀'.repeat(255) })?.kind === 'session');
  assert.equal(reasonOf(read({}, 'short')), 'invalid_token');
  assert.equal(reasonOf(read({ ip: 'a\nb' })), 'invalid_member');
});

test('an example is shown in one short line', () => {
  const reading = read({ id: `line\nbreak\u001b[31m${'x'.repeat(500)}` });
  assert.ok(reading?.kind === 'left');
  assert.match(reading.example, /^line\ufffdbreak\ufffd\[31mx+…$/);
  assert.ok(reading.example.length < 100);
});
