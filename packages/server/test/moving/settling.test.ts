/** A session that is brought up to date while this server uses it: what happens here in between stays. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SessionStore } from '../../src/core/store.ts';
import { put } from '../../src/moving/settling.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { stored } from '../support/moving.ts';

const T0 = 1_800_000_000_000;

/** Puts a record in by which the one here is behind, with a change of it here right after the first look. */
async function putWhile(change: (store: SessionStore) => Promise<unknown>) {
  const store = new MemoryStore();
  const record = stored(T0, { subject: 'ann' });
  const { app, id } = record.session;
  await store.install(record, false, T0);
  let looks = 0;
  const racing: Pick<SessionStore, 'get' | 'install'> = {
    get: async (...args) => {
      const visit = await store.get(...args);
      if (looks++ === 0) await change(store);
      return visit;
    },
    install: (...args) => store.install(...args),
  };
  const later = { ...record.session, version: 3, lastSeenAt: T0, data: '{"there":1}' };
  const outcome = await put({ ...record, session: later }, racing, T0);
  return { outcome, here: (await store.find(app, id, T0))?.session ?? null, looks, later };
}

describe('a session that is behind, brought up to date', () => {
  const token = (store: SessionStore) => store.records('shop', null, 1, T0).then(({ records }) => records[0]!);
  const ref = async (store: SessionStore) => {
    const { session, credential } = await token(store);
    return { id: session.id, hash: credential.hash };
  };

  test('takes the place of itself', async () => {
    const { outcome, here, later } = await putWhile(async () => {});
    assert.deepEqual([outcome, here], ['installed', later]);
  });

  test('stays as it is, when it is written here in between', async () => {
    const { outcome, here } = await putWhile(async (store) => {
      const { session } = await token(store);
      const change = { expect: session.version, version: 4, data: '{"here":1}' };
      await store.update('shop', await ref(store), change, T0);
    });
    assert.deepEqual([outcome, here?.data], ['present', '{"here":1}']);
  });

  test('is looked at again, when it was merely seen here in between', async () => {
    const { outcome, here, looks } = await putWhile(async (store) => store.get('shop', await ref(store), 'slide', T0));
    assert.deepEqual([outcome, here?.data, looks], ['installed', '{"there":1}', 2]);
  });

  test('stays ended, when it is ended here in between', async () => {
    const { outcome, here } = await putWhile(async (store) =>
      store.revoke('shop', { by: 'token', token: await ref(store) }, T0),
    );
    assert.deepEqual([outcome, here], ['present', null]);
  });

  test('keeps the token of a rotation here in between', async () => {
    let next = '';
    const { outcome, here, looks } = await putWhile(async (store) => {
      const { session } = await token(store);
      next = stored(T0, { id: session.id }).credential.hash;
      const rotation = { credential: { hash: next, alias: false }, seed: 'seed', graceUntil: T0 + 1000 };
      await store.rotate('shop', await ref(store), rotation, T0);
    });
    assert.equal(outcome, 'present');
    assert.equal(here?.version, 1);
    assert.equal(looks, 2, 'and it is not looked at for ever');
  });
});
