import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fingerprint,
  isSessionId,
  madeByRedisSessions,
  newSessionId,
  newToken,
  opens,
  parseToken,
  randomText,
} from '../../src/core/token.ts';

const NOW = 1_800_000_000_000;
/** 62 characters: 61 degrees of freedom; χ² above this has a probability of about 1 in 10⁶ for a fair source. */
const CHI_SQUARED_LIMIT = 125;

test('tokens have the drawn layout: prefix, partition, id, secret', () => {
  const id = newSessionId('joe');
  assert.match(id, /^[0-9a-f]{2}[A-Za-z0-9]{14}$/);
  assert.ok(isSessionId(id));
  for (const [kind, length] of [
    ['standard', 40],
    ['classic', 64],
  ] as const) {
    const { token } = newToken(id, kind);
    assert.match(token, /^[A-Za-z0-9]+$/);
    assert.deepEqual([token.length, token.slice(0, 18)], [length, `rs${id}`]);
  }
});

test('all sessions of a subject share a partition, guests are spread over them', () => {
  const partitions = (subject: string | null) =>
    new Set(Array.from({ length: 400 }, () => newSessionId(subject).slice(0, 2)));
  assert.equal(partitions('joe').size, 1);
  assert.ok(partitions(null).size > 100);
  const subjects = new Set(Array.from({ length: 2000 }, (_, i) => newSessionId(`user${i}`).slice(0, 2)));
  assert.equal(subjects.size, 256);
});

test('a token opens its session and no other; what is stored does not hold the secret', () => {
  const id = newSessionId('joe');
  const { token, credential } = newToken(id, 'classic');
  assert.ok(opens(credential, parseToken(token), NOW));
  assert.ok(!opens(credential, parseToken(newToken(id, 'classic').token), NOW));
  assert.ok(!opens(credential, parseToken(`${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`), NOW));
  assert.ok(!JSON.stringify(credential).includes(token.slice(18)));
  assert.match(credential.hash, /^1\.[A-Za-z0-9_-]{43}$/, 'the stored form carries its version');
});

test('the same secret under another id has another hash', () => {
  const [a, b] = [newSessionId('joe'), newSessionId('joe')];
  const secret = randomText(46);
  assert.notEqual(parseToken(`rs${a}${secret}`).hash, parseToken(`rs${b}${secret}`).hash);
});

test('the token before a rotation opens the session until its grace ends, not at its end', () => {
  const id = newSessionId('joe');
  const [old, next] = [newToken(id, 'standard'), newToken(id, 'standard')];
  const credential = {
    ...next.credential,
    previous: [{ hash: old.credential.hash, alias: false, until: NOW, seed: null }],
  };
  assert.ok(opens(credential, parseToken(old.token), NOW - 1));
  assert.ok(!opens(credential, parseToken(old.token), NOW));
});

test('text of a foreign form becomes an alias, never an error', () => {
  for (const token of [
    '',
    'x',
    '\0',
    '😀'.repeat(1000),
    'rs',
    `rs${'!'.repeat(62)}`,
    'A'.repeat(64),
    `rs00${'a'.repeat(35)}`,
  ]) {
    assert.equal(parseToken(token).id, null);
    assert.match(parseToken(token).hash, /^1\.[A-Za-z0-9_-]{43}$/);
  }
});

test('200,000 tokens do not repeat and each random position is uniform (G10; the soak checks 10 million)', () => {
  const amount = Number(process.env.TOKENS ?? 200_000);
  const counts = Array.from({ length: 36 }, () => new Map<string, number>());
  const seen = new Set<string>();
  for (let i = 0; i < amount; i++) {
    const random = randomText(36);
    seen.add(fingerprint(random).slice(0, 16));
    for (let position = 0; position < random.length; position++) {
      const character = random[position]!;
      counts[position]!.set(character, (counts[position]!.get(character) ?? 0) + 1);
    }
  }
  assert.equal(seen.size, amount);
  for (const [position, count] of counts.entries()) {
    const expected = amount / 62;
    const chi = [...count.values()].reduce((sum, observed) => sum + (observed - expected) ** 2 / expected, 0);
    assert.ok(count.size === 62 && chi < CHI_SQUARED_LIMIT, `position ${position}: χ² = ${chi}`);
  }
});

test('a token of the form that redis-sessions makes is never one of ours, however it begins', () => {
  const id = `0a${'i'.repeat(14)}`;
  const theirs = `${'a'.repeat(37)}Zmi000000`;
  const token = `rs${id}${theirs}`;
  assert.equal(token.length, 64);
  assert.equal(parseToken(token).id, null, 'it is found by its alias');
  assert.equal(parseToken(token.replace('Z', 'z')).id, id);
  assert.equal(madeByRedisSessions(token), Number.parseInt('mi000000', 36));
  assert.equal(madeByRedisSessions(token.replace('Z', 'z')), null);
  const drawn = [theirs, 'b'.repeat(46)];
  const made = newToken(id, 'classic', () => drawn.shift()!);
  assert.equal(made.token, `rs${id}${'b'.repeat(46)}`, 'and none of ours is made in it');
  assert.ok(opens(made.credential, parseToken(made.token), NOW));
});
