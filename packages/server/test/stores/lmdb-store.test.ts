import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalSource } from '../../src/core/events.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { clockConformance } from '../conformance/clock.ts';
import { APP, SECOND, type StoreUnderTest, T0 } from '../conformance/harness.ts';
import { conformance } from '../conformance/suite.ts';
import { faultsOf } from '../support/audit.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

async function open(t: Cleanup, journal?: JournalSource, clock?: () => number): Promise<StoreUnderTest> {
  const path = temporaryFolder(t);
  const reused: string[] = [];
  const store = new LmdbStore({
    path,
    namespace: 'test',
    clock,
    journal,
    onError: (error) => t.after(() => Promise.reject(error)),
    onTokenReuse: (_app, id) => reused.push(id),
  });
  t.after(() => store.close());
  return {
    store,
    contents: () => store.dump().map((entry) => JSON.stringify(entry)),
    faults: () => faultsOf(store.audit()),
    reused,
  };
}

conformance('the embedded store', open);
clockConformance('the embedded store', (t, clock) => open(t, undefined, clock));

test('a folder holds as many namespaces as it did when each had fewer tables', async (t) => {
  const path = temporaryFolder(t);
  for (let i = 0; i < 10; i++) {
    const onError = (error: unknown) => t.after(() => Promise.reject(error));
    await new LmdbStore({ path, namespace: `installation-${i}`, onError }).close();
  }
});

test('a memo that is only looked at begins no transaction: it needs no turn to write, and no room on a full disk', async (t) => {
  const written: number[] = [];
  const onError = (error: unknown) => t.after(() => Promise.reject(error));
  const onBatch = (size: number) => written.push(size);
  const store = new LmdbStore({ path: temporaryFolder(t), namespace: 'memos', clock: () => T0, onError, onBatch });
  t.after(() => store.close());
  const until = T0 + SECOND;
  assert.equal(await store.memo(APP, 'note', { text: 'a', instead: null, until }, T0), null);
  assert.deepEqual(written, [1]);
  assert.equal(await store.memo(APP, 'note', { text: 'b', instead: null, until }, T0), 'a');
  assert.equal(await store.memo(APP, 'other', { text: 'b', instead: 'a', until }, T0), '');
  assert.deepEqual(written, [1]);
});
