/** Changes that come together: one commit, each its own answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GroupCommit } from '../../src/stores/lmdb/group-commit.ts';
import { Tables } from '../../src/stores/lmdb/tables.ts';
import { APP, make } from '../conformance/harness.ts';
import { temporaryFolder } from '../support/server.ts';

/** Source: lmdb.h. */
const [NOT_FOUND, BAD_TXN, PROBLEM, CORRUPTED] = [-30798, -30782, -30779, -30796];

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

/** Commits of which the first fail so, each as lmdb-js tells it: by a promise on the error. */
function failing(...codes: readonly number[]) {
  const left = [...codes];
  const sizes: number[] = [];
  const commits = new GroupCommit({
    transaction: async (changes) => {
      await null;
      changes();
      const code = left.shift();
      if (code === undefined) return;
      const reason = Promise.reject(Object.assign(new Error('of LMDB'), { code }));
      reason.catch(() => {});
      throw Object.assign(new Error('Commit failed'), { commitError: reason });
    },
    begin: () => {},
    admit: () => {},
    end: () => {},
    settled: () => {},
    onBatch: (size) => sizes.push(size),
  });
  return { commits, sizes };
}

test('a commit in which LMDB lost its way is done once more, all of it', async () => {
  for (const code of [NOT_FOUND, BAD_TXN, PROBLEM]) {
    const { commits, sizes } = failing(code);
    let runs = 0;
    const answers = [1, 2, 3].map((n) => commits.add(() => [n, ++runs], n === 2 ? null : { room: 1 }));
    assert.deepEqual(
      (await Promise.all(answers)).map(([n]) => n),
      [1, 2, 3],
    );
    assert.equal(runs, 6, `${code}`);
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      3,
    );
  }
});

test('what fails twice, or in another way, is refused', async () => {
  const twice = failing(NOT_FOUND, NOT_FOUND);
  await assert.rejects(
    twice.commits.add(() => 1, null),
    { code: NOT_FOUND },
  );
  assert.equal(await twice.commits.add(() => 2, null), 2);
  const corrupted = failing(CORRUPTED);
  let runs = 0;
  await assert.rejects(
    corrupted.commits.add(() => ++runs, null),
    { code: CORRUPTED },
  );
  assert.equal(runs, 1);
});
