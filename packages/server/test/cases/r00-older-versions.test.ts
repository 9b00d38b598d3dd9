/**
 * R0: a store that an earlier version wrote opens and goes on, and one that a newer version wrote is refused in a sentence. The
 * earlier stores are real ones: test/fixtures/make-older-stores.mjs lets those versions write them.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { open } from 'lmdb';
import type { SessionStore } from '../../src/core/store.ts';
import { parseToken } from '../../src/core/token.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { faultsOf, faultsOfRedis } from '../support/audit.ts';
import { runCommand } from '../support/command.ts';
import { NAMESPACE, type OlderStore, olderStores, putFile, putKeys } from '../support/older-stores.ts';
import { forAllTests, PATIENT, startRedis } from '../support/redis.ts';
import { type Cleanup, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

/** A format that no version has. */
const NEWER = 99;

interface Opened {
  readonly store: SessionStore;
  readonly faults: () => Promise<string[]>;
  /** Opens it once more, after the one before. */
  readonly again: () => Promise<SessionStore>;
  /** The format that is noted. */
  readonly format: () => Promise<unknown>;
}

const redis = forAllTests((cleanup) => startRedis(cleanup));
const url = () => `redis://127.0.0.1:${redis().port}`;

const ENGINES: Record<'lmdb' | 'redis', (cleanup: Cleanup, older: OlderStore) => Promise<Opened>> = {
  lmdb: async (cleanup, older) => {
    const path = putFile(older, temporaryFolder(cleanup));
    const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
    let store = new LmdbStore({ path, namespace: NAMESPACE, onError });
    cleanup.after(() => store.close());
    const again = async () => {
      await store.close();
      store = new LmdbStore({ path, namespace: NAMESPACE, onError });
      return store;
    };
    return { store, faults: () => faultsOf(store.audit()), again, format: async () => noted(path) };
  },
  redis: async (cleanup, older) => {
    const { admin } = redis();
    await admin.flushall();
    await putKeys(older, admin);
    const begin = async () => {
      const store = new RedisStore({
        url: url(),
        namespace: NAMESPACE,
        timeout: 20_000,
        clock: 'argument',
        onError: fail,
      });
      cleanup.after(() => store.close());
      await store.ready();
      await store.format.begin();
      return store;
    };
    const store = await begin();
    const faults = () => faultsOfRedis({ url: url(), namespace: NAMESPACE });
    return { store, faults, again: begin, format: () => admin.get(`${NAMESPACE}:format`) };
  },
};

function fail(error: unknown): void {
  throw error;
}

/** Gives the format that the root of a data file has, or sets it. */
function noted(path: string, format?: number): unknown {
  const root = open({ path, noSubdir: false, overlappingSync: false });
  try {
    if (format !== undefined) root.putSync(`format ${NAMESPACE}`, format);
    return root.get(`format ${NAMESPACE}`);
  } finally {
    void root.close();
  }
}

for (const [engine, open] of Object.entries(ENGINES)) {
  describe(`stores of earlier versions, ${engine}`, () => {
    for (const older of olderStores(engine as 'lmdb' | 'redis')) {
      test(`R0: what ${older.commit} wrote is read, changed, listed and ended (kind: an earlier version wrote the store)`, async (t) => {
        const opened = await open(t, older);
        const { store, faults, again } = opened;
        const { at, sessions } = older;
        const refs = sessions.map(({ app, tokens }) => ({ app, refs: tokens.map(parseToken) }));
        assert.deepEqual(await faults(), [], 'before anything is written');
        for (const [i, { app, refs: tokens }] of refs.entries()) {
          const { subject, reads, version, data } = sessions[i]!;
          for (const token of tokens) {
            const visit = await store.get(app, token, 'look', at);
            const { session } = visit!;
            assert.deepEqual([session.subject, session.reads, session.version], [subject, reads, version]);
            assert.deepEqual(JSON.parse(session.data), data);
          }
          assert.equal((await store.get(app, tokens[0]!, 'read', at + 1))?.session.reads, reads + 1);
        }
        const app = 'shop';
        assert.equal((await store.list(app, { limit: 10 }, at + 2)).sessions.length, sessions.length);
        assert.equal((await store.count(app, 0, at + 2)).sessions, sessions.length);
        const [first] = refs[0]!.refs;
        const change = { expect: sessions[0]!.version, version: 7, data: '{"b":2}' };
        assert.equal((await store.update(app, first!, change, at + 3))?.kind, 'updated');
        assert.deepEqual(await faults(), []);

        const reopened = await again();
        const visit = await reopened.get(app, first!, 'look', at + 4);
        assert.deepEqual([visit?.session.reads, visit?.session.data], [sessions[0]!.reads + 1, '{"b":2}']);
        assert.equal(Number(await opened.format()) >= 2, true, 'its format is noted');
        assert.equal(await reopened.revoke(app, { by: 'subject', subject: 'ada' }, at + 5), 2);
        assert.equal(await reopened.revoke(app, { by: 'app' }, at + 6), sessions.length - 2);
        assert.equal(await reopened.get(app, first!, 'look', at + 7), null);
      });
    }
  });
}

/** A server that runs when a newer version comes goes on and says so: versions may be replaced one after the other. */
async function goesOn(url: string, sentence: RegExp): Promise<void> {
  const store = new RedisStore({ url, namespace: NAMESPACE, timeout: 20_000, onError: fail });
  try {
    await store.ready();
    const found = (await store.settings()).find(({ code }) => code === 'newer-format');
    assert.match(found?.message ?? '', sentence);
    await store.ping();
    await assert.rejects(store.format.begin(), sentence);
    const key = `${NAMESPACE}:format`;
    assert.equal(await redis().admin.get(key), String(NEWER), 'it stays noted');
    await redis().admin.del(key);
    assert.ok((await store.settings()).every(({ code }) => code !== 'newer-format'));
    assert.ok(Number(await redis().admin.get(key)) >= 2, 'an emptied Redis gets its note again');
    await redis().admin.set(key, NEWER);
  } finally {
    await store.close();
  }
}

/** Store → a store in which a newer version has noted its format, as RS_STORE, and how to note it. */
const REFUSED: Record<string, (cleanup: Cleanup) => Promise<{ RS_STORE: string; note: () => Promise<unknown> }>> = {
  lmdb: async (cleanup) => {
    const path = temporaryFolder(cleanup);
    return { RS_STORE: `lmdb:${path}`, note: async () => noted(path, NEWER) };
  },
  redis: async () => {
    const { admin } = redis();
    await admin.flushall();
    return { RS_STORE: url(), note: () => admin.set(`${NAMESPACE}:format`, NEWER) };
  },
};

for (const [engine, prepare] of Object.entries(REFUSED)) {
  test(`R0: a store of a newer version is refused in one sentence, by serve and by doctor, ${engine} (kind: a newer version wrote the store)`, async (t) => {
    const { RS_STORE, note } = await prepare(t);
    const env = { ...PATIENT, RS_STORE, RS_NAMESPACE: NAMESPACE };
    const sentence =
      /a newer version of rest-sessions wrote the sessions of the namespace test in .*: they have format 99, and this version reads formats up to \d+; start the newer version/;

    const server = await startServer(t, env);
    const created = await fetch(`${server.url}/shop/create/ada?ip=1`, { method: 'PUT' });
    assert.equal(created.status, 200);
    if (engine === 'lmdb') {
      // It sees no more what the newer one counts: it stops answering.
      await note();
      await until(async () => (await fetch(`${server.url}/readyz`)).status === 503);
      const { token } = (await created.json()) as { token: string };
      for (const path of [`/shop/get/${token}`, '/shop/create/bob?ip=1', '/shop/soapp?dt=600']) {
        const method = path.includes('create') ? 'PUT' : 'GET';
        assert.equal((await fetch(`${server.url}${path}`, { method })).status, 503, path);
      }
      await until(() => sentence.test(server.output()));
    }
    assert.equal(await server.end('SIGTERM'), 0);
    await note();
    if (engine === 'redis') await goesOn(RS_STORE, sentence);

    for (const words of [['serve'], ['doctor'], ['doctor', '--repair']]) {
      const { status, stderr } = await runCommand(words, { env });
      assert.equal(status, 1, words.join(' '));
      assert.match(stderr, sentence);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    }
  });
}
