/** R0: what the version before left in a store, records of form 1, opens, rotates, logs in and ends as all others. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/core/store.ts';
import { newSeed, newSessionId, newToken, parseToken, successorOf, type TokenRef } from '../../src/core/token.ts';
import { sessionKey } from '../../src/stores/lmdb/keys.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { Tables } from '../../src/stores/lmdb/tables.ts';
import { APP, HOUR, make, SECOND, T0 } from '../conformance/harness.ts';
import { faultsOf } from '../support/audit.ts';
import { type FirstCredential, lmdbFirstForm, redisFirstForm } from '../support/first-form.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

/** A store, and what turns one of its sessions into the bytes of form 1. */
interface Older {
  readonly store: SessionStore;
  readonly faults: () => Promise<string[]>;
  readonly contents: () => Promise<string[]>;
  readonly age: (session: Session, credential: FirstCredential) => Promise<void>;
}

const redis = forAllTests((cleanup) => startRedis(cleanup));

const STORES: Record<string, (cleanup: Cleanup) => Promise<Older>> = {
  lmdb: async (cleanup) => {
    const path = temporaryFolder(cleanup);
    const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
    const store = new LmdbStore({ path, namespace: 'test', onError });
    const tables = new Tables(path, 'test');
    cleanup.after(async () => {
      await tables.close();
      await store.close();
    });
    return {
      store,
      faults: () => faultsOf(store.audit()),
      contents: async () => store.dump().map((entry) => JSON.stringify(entry)),
      age: (session, credential) =>
        tables.transaction(() => {
          const key = sessionKey(session.app, session.id);
          void tables.sessions.put(key, lmdbFirstForm(session, credential, tables.record(key)!.dueAt));
        }),
    };
  },
  redis: async (cleanup) => {
    const { admin, port } = redis();
    const { store, faults, contents } = await openOn(cleanup, `redis://127.0.0.1:${port}`, [admin]);
    return {
      store,
      faults: async () => faults(),
      contents: async () => contents(),
      age: async (session, credential) => {
        const key = `{test:${session.app}:${session.id.slice(0, 2)}}:s`;
        await admin.hset(key, session.id, redisFirstForm(session, credential));
        const { previous } = credential;
        if (previous?.alias)
          await admin.set(`{test:${session.app}:${previous.hash}}:t`, `${session.id}:${T0 + HOUR}`, 'PX', HOUR);
      },
    };
  },
};

/** Stores a session as the version before did, whose token chosen by its caller was rotated away with a grace of 10 s. */
async function older({ store, age }: Older, overrides: Partial<Session> = {}) {
  const made = make({ data: '{"a":1}', absoluteExpiresAt: T0 + 9 * HOUR, ...overrides });
  const old = parseToken(`chosen-by-the-caller-${made.session.id}`);
  const replaced = { hash: old.hash, alias: true, until: T0 + 10 * SECOND };
  await store.create(made.session, { ...made.credential, previous: [{ ...replaced, seed: null }] }, null, T0);
  await age(made.session, { hash: made.credential.hash, alias: false, previous: replaced });
  return { ...made, old };
}

for (const [name, open] of Object.entries(STORES)) {
  describe(`a store of the version before, ${name}`, () => {
    test('R0: sessions of the form before are read, listed, changed and ended (kind: a store is opened by a newer version)', async (t) => {
      const held = await open(t);
      const { store, faults, contents } = held;
      const [first, guest] = [await older(held), await older(held, { subject: null })];
      for (const { ref, old, session } of [first, guest]) {
        for (const known of [ref, old]) assert.deepEqual((await store.get(APP, known, 'look', T0))?.session, session);
        assert.equal((await store.get(APP, ref, 'read', T0 + SECOND))?.session.reads, 2);
        assert.equal(await store.get(APP, old, 'look', T0 + 10 * SECOND), null);
        assert.equal(
          (await store.find(APP, session.id, T0 + SECOND))?.session.authenticatedAt,
          session.authenticatedAt,
        );
      }
      assert.equal((await store.list(APP, { limit: 5 }, T0 + SECOND)).sessions.length, 2);
      assert.deepEqual(await store.count(APP, 0, T0 + SECOND), { sessions: 2, subjects: 1 });
      assert.deepEqual(await faults(), []);
      const change = { expect: 1, version: 2, data: '{"b":2}', absoluteTimeout: 5 * HOUR };
      const outcome = await store.update(APP, first.ref, change, T0 + SECOND);
      assert.ok(outcome?.kind === 'updated' && outcome.session.absoluteExpiresAt === T0 + 5 * HOUR);
      assert.notEqual(await store.get(APP, first.old, 'look', T0 + SECOND), null, 'its grace goes on');
      assert.equal(await store.revoke(APP, { by: 'token', token: first.ref }, T0 + SECOND), 1);
      assert.equal(await store.sweep(T0 + 10 * HOUR, 10), 1);
      assert.deepEqual(await contents(), []);
    });

    test('R0: rotations of them keep the grace that was promised, and a login moves them (kind: as above)', async (t) => {
      const held = await open(t);
      const { store, faults, contents } = held;
      const [first, guest] = [await older(held), await older(held, { subject: null })];
      const rotate = (ref: TokenRef, token: string) => {
        const seed = newSeed();
        const next = parseToken(successorOf(token, seed, first.session.id));
        const rotation = { credential: { hash: next.hash, alias: false }, seed, graceUntil: T0 + 60 * SECOND };
        return store.rotate(APP, ref, rotation, T0 + SECOND).then((outcome) => ({ outcome, next }));
      };
      const again = await rotate(first.old, 'unknown');
      assert.deepEqual(again.outcome, { kind: 'replaced' }, 'nobody knows its successor');
      const { outcome, next } = await rotate(first.ref, first.token);
      assert.equal(outcome?.kind, 'rotated');
      for (const known of [first.old, first.ref, next])
        assert.notEqual(await store.get(APP, known, 'look', T0 + SECOND), null);
      assert.equal(await store.get(APP, first.old, 'look', T0 + 10 * SECOND), null);
      const move = { id: newSessionId('joe'), subject: 'joe', cap: null };
      const { credential } = newToken(move.id, 'standard');
      const login = await store.rotate(APP, guest.ref, { credential, graceUntil: T0, move }, T0 + SECOND);
      assert.ok(login?.kind === 'rotated' && login.session.authenticatedAt === T0 + SECOND);
      assert.deepEqual(await faults(), []);
      assert.equal(await store.revoke(APP, { by: 'app' }, T0 + SECOND), 2);
      assert.deepEqual(await contents(), []);
    });
  });
}
