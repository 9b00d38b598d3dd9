/** G1 to G4 within one process: verbs started together, every interleaving that the engine allows. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readObject } from '../../src/core/json-text.ts';
import { mergeTopLevel } from '../../src/core/merge.ts';
import { Updates } from '../../src/core/updates.ts';
import { APP, make, type OpenStore, put, SECOND, T0 } from './harness.ts';

export function concurrencySection(open: OpenStore): void {
  describe('concurrency', () => {
    test('50 parallel merges of 50 keys all survive, each counted once (G1)', async (t) => {
      const { store } = await open(t);
      const updates = new Updates(store);
      for (let round = 0; round < 20; round++) {
        const { ref } = await put(store);
        const merges = Array.from({ length: 50 }, (_, i) =>
          updates.update(
            APP,
            ref,
            ({ data }) => ({ data: mergeTopLevel(data, readObject(`{"k${i}":${i}}`)!) }),
            T0 + i,
          ),
        );
        const versions = (await Promise.all(merges)).map((visit) => visit?.session.version);
        assert.deepEqual(
          versions.sort((a, b) => a! - b!),
          Array.from({ length: 50 }, (_, i) => i + 2),
        );
        const session = (await store.get(APP, ref, 'look', T0 + SECOND))?.session;
        assert.deepEqual([session?.version, Object.keys(JSON.parse(session?.data ?? '')).length], [51, 50]);
      }
    });

    test('of 30 updates on the same version exactly one wins (G1)', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, (_, i) => store.update(APP, ref, { expect: 1, version: 2, data: `{"i":${i}}` }, T0)),
      );
      const won = outcomes.filter((outcome) => outcome?.kind === 'updated');
      assert.equal(won.length, 1);
      assert.equal((await store.get(APP, ref, 'look', T0))?.session.data, won[0]?.session.data);
    });

    test('parallel reads each get their own count', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      const visits = await Promise.all(Array.from({ length: 200 }, () => store.get(APP, ref, 'read', T0 + SECOND)));
      const reads = visits.map((visit) => visit!.session.reads).sort((a, b) => a - b);
      assert.deepEqual(
        reads,
        Array.from({ length: 200 }, (_, i) => i + 2),
      );
    });

    test('reads made while counters are on their way to the disk each get their own count', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      const seen: number[] = [];
      let flushing = true;
      const flushes = (async () => {
        for (let i = 0; i < 20; i++) await store.count(APP, 0, T0 + SECOND);
        flushing = false;
      })();
      while (flushing) {
        const visits = await Promise.all(Array.from({ length: 3 }, () => store.get(APP, ref, 'read', T0 + SECOND)));
        seen.push(...visits.map((visit) => visit!.session.reads));
        await new Promise(setImmediate);
      }
      await flushes;
      assert.ok(seen.length > 0);
      // In which order calls at once are counted, nobody promises: one that met an unknown script is sent again.
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        Array.from(seen, (_, i) => i + 2),
      );
    });

    test('nothing in flight brings a revoked session back or leaves a trace (G2)', async (t) => {
      const { store, contents } = await open(t);
      for (let round = 0; round < 60; round++) {
        const { ref, session } = await put(store, { subject: `g${round}`, idleTimeout: 10 * SECOND });
        const next = make({ id: session.id });
        const now = T0 + 9 * SECOND;
        await Promise.all([
          store.get(APP, ref, 'read', now),
          store.update(APP, ref, { expect: 1, version: 2, data: '{"a":1}' }, now),
          round % 2 === 0
            ? store.revoke(APP, { by: 'token', token: ref }, now)
            : store.revoke(APP, { by: 'id', id: session.id }, now),
          store.get(APP, ref, 'read', now),
          store.update(APP, ref, { expect: 2, version: 3, data: '{"b":1}' }, now),
          store.rotate(APP, ref, { credential: next.credential, graceUntil: now }, now),
          store.get(APP, ref, 'read', now),
        ]);
        // A rotation that came first changed the token: then the revoke by token rightly found nothing.
        await store.revoke(APP, { by: 'id', id: session.id }, now);
      }
      assert.deepEqual(await store.count(APP, 0, T0 + 9 * SECOND), { sessions: 0, subjects: 0 });
      assert.deepEqual(await contents(), []);
    });

    test('a revoke-all of a subject misses no session whose create was answered before it began (G3)', async (t) => {
      const { store, faults } = await open(t);
      for (let round = 0; round < 40; round++) {
        const subject = `s${round}`;
        const acknowledged = new Set<string>();
        const creates = Array.from({ length: 12 }, () => make({ subject })).map(async ({ session, credential }) => {
          await store.create(session, credential, null, T0);
          acknowledged.add(session.id);
        });
        await Promise.race(creates);
        const before = new Set(acknowledged);
        const revoked = await store.revoke(APP, { by: 'subject', subject }, T0);
        await Promise.all(creates);
        const left = (await store.list(APP, { subject, limit: 50 }, T0)).sessions.map((session) => session.id);
        assert.equal(revoked + left.length, 12, 'the count is exact');
        assert.deepEqual(
          left.filter((id) => before.has(id)),
          [],
          'none was missed',
        );
      }
      assert.deepEqual(await faults(), []);
    });

    test('30 parallel creates at a cap of 5 leave exactly 5', async (t) => {
      const { store, faults } = await open(t);
      const cap = { max: 5, onLimit: 'revokeOldest' } as const;
      const made = Array.from({ length: 30 }, () => make());
      const outcomes = await Promise.all(
        made.map(({ session, credential }) => store.create(session, credential, cap, T0)),
      );
      assert.equal(outcomes.flatMap((outcome) => (outcome.kind === 'created' ? outcome.revoked : [])).length, 25);
      assert.equal((await store.list(APP, { subject: 'user123', limit: 50 }, T0)).sessions.length, 5);
      assert.deepEqual(await faults(), []);
    });
  });
}
