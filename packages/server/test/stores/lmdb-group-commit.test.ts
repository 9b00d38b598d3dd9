/** Changes that come together: one commit, each its own answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tables } from '../../src/stores/lmdb/tables.ts';
import { APP, make } from '../conformance/harness.ts';
import { temporaryFolder } from '../support/server.ts';

test('changes that come together are one commit, and one that fails is refused alone', async (t) => {
  const tables = new Tables(temporaryFolder(t), 'test');
  const { root } = tables.environment;
  const made = Array.from({ length: 64 }, () => make());
  const before = root.env.info().lastTxnId;
  const outcomes = await Promise.allSettled(
    made.map(({ session, credential }, i) =>
      tables.growing(100, () => {
        if (i === 20) throw new Error('no');
        tables.insert(session, credential);
        return i;
      }),
    ),
  );
  // The first begins one, and all that come while it begins go with it.
  assert.ok(root.env.info().lastTxnId - before <= 2);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.status)),
    made.map((_, i) => (i === 20 ? 'rejected' : i)),
  );
  assert.equal(tables.counts.of(APP)[0], 63);
  // What is under way when it is closed is done first.
  const last = tables.transaction(() => 'done');
  await tables.close();
  assert.equal(await last, 'done');
  await assert.rejects(() => tables.transaction(() => {}), /is closed/);
});
