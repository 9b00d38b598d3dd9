/** Hashes of tokens as Redis has them: each comes back as what it was, and as a text it is the same bytes. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { packHash, packHashText, unpackHash } from '../../src/stores/redis/hashes.ts';

const ours = (text: string) => `1.${createHash('sha256').update(text).digest('base64url')}`;

test('a hash of the form of now is 32 bytes, and comes back as it was', () => {
  for (let i = 0; i < 1000; i++) {
    const hash = ours(`${i}`);
    assert.equal(packHash(hash).length, 32);
    assert.equal(unpackHash(packHash(hash)), hash);
  }
});

test('any other text is kept as it is', () => {
  const hash = ours('x');
  const last = hash.at(-1)!;
  const others = [
    ...['', '1.', 'x', hash.slice(0, -1), `${hash}A`, hash.replace('1.', '2.'), `${hash.slice(0, -1)}=`, `${hash}\n`],
    // Other letters for the same bytes, which would come back as another text.
    ...[1, 2, 3].map((n) => hash.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + n)),
  ];
  for (const other of others) assert.equal(packHash(other).toString('latin1'), other, JSON.stringify(other));
});

test('as a text it is the same bytes, however many are made in turns', () => {
  for (const hash of [ours('a'), 'imported', ours('b'), '', ours('a'), `${ours('c')}x`])
    assert.equal(packHashText(hash), packHash(hash).toString('latin1'));
});
