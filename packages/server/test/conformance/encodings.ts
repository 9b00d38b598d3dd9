/** Any text as a subject, any JSON text as data: what went in comes out, and nothing collides. And no secret is stored. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { APP, type Made, makeAliased, type OpenStore, put, secretOf, T0 } from './harness.ts';

const SUBJECTS = [
  'joe@example.com',
  'auth0|123',
  'urn:user:7',
  'a:b',
  'a',
  '{x}',
  '{shop}',
  '100%',
  '%00',
  '\0',
  'a\0b',
  '张三',
  '😀',
  'Zoë',
  'Zoe\u0308',
  '__proto__',
  'constructor',
  ' ',
  '..',
  '*',
  '[a-z]',
  'o\'neil "x"\\',
  'x'.repeat(128),
  '😀'.repeat(128),
];
const DATA = [
  '{"n":1.0,"big":12345678901234567890,"e":1e2,"z":-0.0}',
  '{"2":1,"1":2,"a":[],"o":{},"x":null}',
  '{"u":"\\u00e9é😀\\ud83d\\ude00","nul":"\\u0000"}',
  `{"long":"${'x'.repeat(65_000)}"}`,
];

export function encodingsSection(open: OpenStore): void {
  describe('encodings', () => {
    test('any text is a subject of its own', async (t) => {
      const { store, contents } = await open(t);
      for (const subject of SUBJECTS) await put(store, { subject });
      assert.equal((await store.count(APP, 0, T0)).subjects, SUBJECTS.length);
      for (const subject of SUBJECTS) {
        const { sessions } = await store.list(APP, { subject, limit: 9 }, T0);
        assert.deepEqual(
          sessions.map((session) => session.subject),
          [subject],
        );
      }
      for (const subject of SUBJECTS) assert.equal(await store.revoke(APP, { by: 'subject', subject }, T0), 1, subject);
      assert.deepEqual(await contents(), []);
    });

    test('data comes back to the letter', async (t) => {
      const { store } = await open(t);
      for (const data of DATA) {
        const { ref } = await put(store, { data: '{}' });
        await store.update(APP, ref, { expect: 1, version: 2, data }, T0);
        assert.equal((await store.get(APP, ref, 'read', T0))?.session.data, data);
      }
    });

    test('no key and no value of the store holds a token or its secret', async (t) => {
      const { store, contents } = await open(t);
      const made: Made[] = [await put(store), await put(store, { subject: null })];
      const aliased = makeAliased('a-token-that-the-caller-chose-itself');
      await store.create(aliased.session, aliased.credential, null, T0);
      for (const { ref } of [...made, aliased]) await store.get(APP, ref, 'read', T0);
      const text = (await contents()).join('\n');
      assert.ok(text.includes(made[0]!.session.id), 'the dump shows the sessions');
      for (const secret of [...made.map(secretOf), aliased.token])
        assert.ok(!text.includes(secret), 'a secret is stored');
    });
  });
}
