/** The counts of the embedded store: any window by the records themselves, and a store of an earlier version. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Session } from '../../src/core/session.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { Tables } from '../../src/stores/lmdb/tables.ts';
import { APP, HOUR, type Made, make, SECOND, T0 } from '../conformance/harness.ts';
import { faultsOf } from '../support/audit.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const NAMESPACE = 'counts';

function open(cleanup: Cleanup, path: string): LmdbStore {
  return new LmdbStore({
    path,
    namespace: NAMESPACE,
    onError: (error) => cleanup.after(() => Promise.reject(error)),
  });
}

/** Creates sessions of guests and of subjects, seen over an hour, of which some end early. */
async function fill(store: LmdbStore, size: number): Promise<Made[]> {
  const all = Array.from({ length: size }, (_, i) =>
    make({
      subject: i % 7 === 0 ? null : `u${(i * 31) % 200}`,
      createdAt: T0 + ((i * 7919) % 3600) * SECOND,
      idleTimeout: i % 25 === 0 ? 600 * SECOND : 2 * HOUR,
    }),
  );
  await Promise.all(all.map(({ session, credential }) => store.create(session, credential, null, session.createdAt)));
  return all;
}

function expected(sessions: readonly Session[], since: number) {
  const active = sessions.filter(({ lastSeenAt }) => lastSeenAt >= since);
  return { sessions: active.length, subjects: new Set(active.flatMap(({ subject }) => subject ?? [])).size };
}

describe('the counts of the embedded store', () => {
  test('are those of the sessions, in every window, whatever has expired, was touched or ended', async (t) => {
    const path = temporaryFolder(t);
    const [store, other] = [open(t, path), open(t, path)];
    t.after(() => other.close());
    t.after(() => store.close());
    // So many that both walks of a window answer some of them (counting.ts).
    const all = await fill(store, 4000);
    const at = T0 + HOUR;
    // Touches of two processes, of which the other one commits its own a moment later.
    for (let i = 0; i < all.length; i += 9) await store.get(APP, all[i]!.ref, 'read', at);
    for (let i = 4; i < all.length; i += 90) await store.revoke(APP, { by: 'id', id: all[i]!.session.id }, at);
    const live: Session[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await store.list(APP, { limit: 1000, ...(cursor && { cursor }) }, at);
      live.push(...page.sessions);
      cursor = page.cursor;
    }
    for (const window of [0, 1, 10, 300, 700, 1800, 2900, 3590, 3600, 5000, 1e9]) {
      const since = at - window * SECOND;
      assert.deepEqual(await store.count(APP, since, at), expected(live, since), `within ${window} s`);
      assert.deepEqual(await other.count(APP, since, at), expected(live, since), `within ${window} s, elsewhere`);
    }
    assert.deepEqual(await faultsOf(store.audit()), []);
  });

  test('are made when a store is opened whose version had none, or only those of sessions', async (t) => {
    const path = temporaryFolder(t);
    const store = open(t, path);
    await fill(store, 300);
    const counted = await store.count(APP, 0, T0 + HOUR);
    await store.close();
    for (const noted of [true, false]) {
      const tables = new Tables(path, NAMESPACE);
      const { root } = tables.environment;
      await tables.transaction(() => {
        tables.counts.table.clearSync();
        for (const { key, value } of [...tables.subjects.getRange({})])
          if (value !== true) tables.subjects.removeSync(key);
        root.removeSync(`totalled ${NAMESPACE}`);
        if (noted) root.putSync(`counted ${NAMESPACE}`, 1);
      });
      const before = tables.environment.openTable<number>(`${NAMESPACE}:counts`, 'msgpack');
      await before.put(APP, 7);
      await tables.close();
      const again = open(t, path);
      assert.deepEqual(await again.count(APP, 0, T0 + HOUR), counted);
      assert.deepEqual(await faultsOf(again.audit()), []);
      await again.close();
    }
  });

  test('are made anew when an earlier version has written meanwhile', async (t) => {
    const path = temporaryFolder(t);
    const store = open(t, path);
    const [first] = await fill(store, 20);
    await store.close();
    const tables = new Tables(path, NAMESPACE);
    await tables.transaction(() => {
      // It knows nothing of our counts, and notes its own.
      void tables.sessions.remove(`${APP}:${first!.session.id}`);
      tables.environment.root.putSync(`counted ${NAMESPACE}`, 1);
    });
    await tables.close();
    const again = open(t, path);
    t.after(() => again.close());
    assert.equal((await again.count(APP, 0, T0)).sessions, 19);
  });
});
