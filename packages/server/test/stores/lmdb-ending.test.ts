/**
 * The end of an app with many sessions on the embedded store: at one instant for all processes, whatever happens to the one
 * that removes what is left; the counts agree at each instant (G3, G4).
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../src/stores/finding.ts';
import { AppEnds } from '../../src/stores/lmdb/app-ends.ts';
import { History } from '../../src/stores/lmdb/history.ts';
import { Leftovers } from '../../src/stores/lmdb/leftovers.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { Tables } from '../../src/stores/lmdb/tables.ts';
import { Telling } from '../../src/stores/lmdb/telling.ts';
import { WriteBehind } from '../../src/stores/lmdb/write-behind.ts';
import { APP, HOUR, make, makeAliased } from '../conformance/harness.ts';
import { faultsOf } from '../support/audit.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const NAMESPACE = 'ends';
const MANY = 3000;
const CHOSEN = 'a-token-that-its-caller-chose';

function open(cleanup: Cleanup, path: string, clock = Date.now): LmdbStore {
  const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
  const store = new LmdbStore({ path, namespace: NAMESPACE, clock, onError });
  cleanup.after(() => store.close());
  return store;
}

/** Starts the other process. Gives what ends an app in it. */
async function startEnding(cleanup: Cleanup, path: string) {
  const script = fileURLToPath(new URL('../support/ending-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, path, NAMESPACE], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  cleanup.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, 'ready');
  return {
    begin: (app: string) => void child.stdin.write(`${app}\n`),
    answer: async () => JSON.parse((await lines.next()).value) as { began: number; ended: number },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const now = () => Date.now();
const create = (store: LmdbStore, { session, credential }: ReturnType<typeof make>, quota: number | null = null) =>
  store.create(session, credential, null, now(), quota);
const made = (overrides: Parameters<typeof make>[0] = {}) => make({ createdAt: now(), ...overrides });
const isEnding = (store: LmdbStore) => store.health().some(({ code }) => code === 'ending');
const count = (store: LmdbStore) => store.count(APP, 0, now());

test('an app of many ends at once for all, though the process that ends it is killed with -9 (G3)', async (t) => {
  const path = temporaryFolder(t);
  const store = open(t, path);
  const all = Array.from({ length: MANY }, (_, i) => made({ subject: i % 10 === 0 ? null : `u${i % 700}` }));
  const chosen = makeAliased(CHOSEN, { createdAt: now() });
  const elsewhere = made({ app: 'blog' });
  await Promise.all([...all, chosen, elsewhere].map((one) => create(store, one)));
  assert.deepEqual(await count(store), { sessions: MANY + 1, subjects: 631 });

  const other = await startEnding(t, path);
  other.begin(APP);
  await until(async () => (await count(store)).sessions === 0);
  await other.kill();
  assert.ok(isEnding(store), 'most of it is still in the file');

  // Nobody sees anything of it, and the audit has nothing to say but how far it is.
  assert.deepEqual(await count(store), { sessions: 0, subjects: 0 });
  assert.deepEqual((await store.list(APP, { limit: 9 }, now())).sessions, []);
  assert.deepEqual((await store.list(APP, { limit: 9, subject: 'u1' }, now())).sessions, []);
  assert.deepEqual(await store.apps(), ['blog']);
  for (const { ref, session } of [all[0]!, all.at(-1)!, chosen]) {
    assert.equal(await store.get(APP, ref, 'read', now()), null);
    assert.equal(await store.find(APP, session.id, now()), null);
    assert.equal(await store.revoke(APP, { by: 'id', id: session.id }, now()), 0);
  }
  const onFinding = ({ code, where }: Finding) => assert.fail(`${code} ${where}`);
  const apps = await store.audit().run({ repair: false, onFinding, onProgress: () => {} });
  const { sessions, ended } = apps.find(({ app }) => app === APP)!;
  assert.ok(sessions === 0 && ended > 0 && ended <= MANY + 1, `${ended} are left`);

  // Ids, tokens and the quota are free again, and what comes now is none of what has ended.
  const again = made({ id: all[1]!.session.id, subject: 'u1' });
  assert.equal((await create(store, again, 1)).kind, 'created');
  assert.equal((await create(store, made(), 1)).kind, 'full');
  assert.equal((await create(store, makeAliased(CHOSEN, { createdAt: now() }))).kind, 'created');
  assert.deepEqual(await count(store), { sessions: 2, subjects: 2 });
  assert.equal((await store.list(APP, { limit: 9, subject: 'u1' }, now())).sessions.length, 1);
  assert.deepEqual(await store.apps(), ['blog', APP]);
  assert.deepEqual(await faultsOf(store.audit()), []);

  // A sweep goes on where it stopped. It has removed no session that anybody had.
  assert.equal(await store.sweep(now(), 1000), 0);
  await until(() => !isEnding(store));
  assert.deepEqual(await count(store), { sessions: 2, subjects: 2 });
  assert.notEqual(await store.get(APP, again.ref, 'read', now()), null);
  assert.deepEqual(await faultsOf(store.audit()), []);
  assert.equal(store.dump().filter(({ table }) => table === 'due').length, 3);
  for (const app of [APP, 'blog']) await store.revoke(app, { by: 'app' }, now());
  await store.sweep(now(), 1000);
  await until(() => store.dump().length === 0);
});

test('what is left of an app is removed by the process that opens the folder next', async (t) => {
  const path = temporaryFolder(t);
  const first = open(t, path);
  await Promise.all(Array.from({ length: MANY }, () => create(first, made())));
  const other = await startEnding(t, path);
  other.begin(APP);
  await until(async () => (await count(first)).sessions === 0);
  await other.kill();
  await first.close();
  const next = open(t, path);
  await until(() => next.dump().length === 0);
});

test('sessions that have expired are none of those that an end counts, swept or not', async (t) => {
  let time = now();
  const store = open(t, temporaryFolder(t), () => time);
  await Promise.all(Array.from({ length: 300 }, () => create(store, made({ createdAt: time }))));
  time += 2 * HOUR;
  await Promise.all(Array.from({ length: 250 }, () => create(store, made({ createdAt: time, subject: null }))));
  assert.deepEqual(await count(store), { sessions: 250, subjects: 0 });
  assert.equal(await store.revoke(APP, { by: 'app' }, time), 250);
  await until(() => store.dump().length === 0);
});

test('two processes: each session ends in one end, or lives on; none that was there before an end survives it (G3, G4)', async (t) => {
  const path = temporaryFolder(t);
  const store = open(t, path);
  const other = await startEnding(t, path);
  const acknowledged = new Map<string, number>();
  let over = false;
  const worker = async (own: number) => {
    for (let i = 0; !over; i++) {
      const one = made({ subject: i % 5 === 0 ? null : `w${own}-${i % 50}` });
      await create(store, one);
      acknowledged.set(one.session.id, now());
      await store.get(APP, one.ref, 'read', now());
    }
  };
  const workers = Array.from({ length: 32 }, (_, own) => worker(own));
  let ended = 0;
  let lastBegan = 0;
  for (let round = 0; round < 5; round++) {
    // More than end in one transaction, so that the app moves.
    await until(() => acknowledged.size - ended > 400);
    other.begin(APP);
    const answer = await other.answer();
    ended += answer.ended;
    lastBegan = answer.began;
  }
  over = true;
  await Promise.all(workers);
  const { sessions, cursor } = await store.list(APP, { limit: 100_000 }, now());
  assert.equal(cursor, null);
  assert.equal(ended + sessions.length, acknowledged.size, 'the counts of the ends are exact');
  for (const { id } of sessions) assert.ok(acknowledged.get(id)! >= lastBegan, 'it was there before the last end');
  const subjects = new Set(sessions.flatMap(({ subject }) => subject ?? []));
  assert.deepEqual(await count(store), { sessions: sessions.length, subjects: subjects.size });
  assert.deepEqual(await faultsOf(store.audit()), []);
  await store.revoke(APP, { by: 'app' }, now());
  // Few sessions end without another move, and then it is the next sweep that forgets where the app has moved to before.
  await until(async () => {
    await store.sweep(now(), 1000);
    return store.dump().length === 0;
  });
});

test('who removes what is left, and stood still while the app came back to its first home and ended again, lets nothing come back (G2, G3)', async (t) => {
  const path = temporaryFolder(t);
  const tables = new Tables(path, NAMESPACE);
  t.after(() => tables.close());
  const onError = (error: unknown) => t.after(() => Promise.reject(error));
  const [rules, decidedAt] = [() => null, (asked: number) => asked];
  const parts = { tables, rules, decidedAt, seen: new WriteBehind(tables, onError) };
  const telling = new Telling(tables, rules, new History(tables, rules, decidedAt));
  const slow = new Leftovers(tables, new AppEnds({ ...parts, telling }), onError);
  /** What an end does, without the removal behind it. */
  const leave = () =>
    tables.transaction(() => {
      const home = tables.homes.of(APP);
      tables.homes.leave(APP, tables.counts.of(home)[0]);
      tables.counts.drop(home);
    });
  await tables.transaction(() => tables.insert(made().session, made().credential));
  await leave();
  // It has emptied all tables but the last, and is about to look at that one.
  const steps = new EventEmitter();
  const reached = once(steps, 'reached');
  const goesOn = once(steps, 'goes on');
  const read = tables.read.bind(tables);
  let reads = 0;
  tables.read = async (work) => {
    if (++reads === 2) {
      steps.emit('reached');
      await goesOn;
    }
    return read(work);
  };
  const removed = slow.remove();
  await reached;
  const store = open(t, path);
  await until(() => store.dump().length === 0);
  const ended = made();
  await create(store, ended);
  await leave();
  steps.emit('goes on');
  await removed;
  assert.equal(await store.get(APP, ended.ref, 'read', now()), null);
  await store.sweep(now(), 1000);
  await until(() => store.dump().length === 0);
});
