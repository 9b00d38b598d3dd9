/** Installs of one process against those, the creates and the ends of another one, on one store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CreateOutcome, SessionStore } from '../../src/core/store.ts';
import type { Installed } from '../../src/core/stored-session.ts';
import { openAudit } from '../../src/stores/open-audit.ts';
import { openStore } from '../../src/stores/open-store.ts';
import { APP, make, makeAliased } from '../conformance/harness.ts';
import { recordsOf } from '../conformance/installs.ts';
import { faultsOf } from '../support/audit.ts';
import { startRedis } from '../support/redis.ts';
import { rounds } from '../support/rounds.ts';
import { type Cleanup, lastFirst, temporaryFolder } from '../support/server.ts';
import { startVerbs, type Verbs } from '../support/verbs.ts';

const ROUNDS = rounds(200, 0.3);
const NAMESPACE = 'races';
const redis = { wait: 0 };

const URLS = {
  'the embedded store': async (t: Cleanup) => `lmdb:${temporaryFolder(t)}`,
  Redis: async (t: Cleanup) => `redis://127.0.0.1:${(await startRedis(t)).port}/0`,
};

describe('installs of two processes', () => {
  for (const [name, start] of Object.entries(URLS)) {
    test(`on ${name}: a token opens one session, an end is one, and the indexes are true`, async (t) => {
      const cleanup = lastFirst(t);
      const url = await start(cleanup);
      const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
      const options = { namespace: NAMESPACE, clock: Date.now, timeout: 30_000, redis, onError };
      const { store } = await openStore(url, options);
      cleanup.after(() => store.close());
      const other = (await startVerbs(cleanup, url, NAMESPACE)).call;
      for (let round = 0; round < ROUNDS; round++) {
        await raceOf(store, other, round);
        await store.revoke(APP, { by: 'app' }, Date.now());
      }
      const audit = await openAudit(url, { namespace: NAMESPACE, timeout: 30_000, redis, repair: false });
      assert.deepEqual(await faultsOf(audit).finally(() => audit.close()), []);
    });
  }
});

async function raceOf(store: SessionStore, other: Verbs['call'], round: number) {
  const now = Date.now();
  const token = `a-token-of-round-${round}`;
  const times = { createdAt: now, lastSeenAt: now };
  const [mine, theirs] = [
    makeAliased(token, { subject: 'mine', ...times }),
    makeAliased(token, { subject: null, ...times }),
  ];
  const record = { session: theirs.session, credential: theirs.credential };
  const opened = async () => (await store.get(APP, mine.ref, 'look', now))?.session.id ?? null;
  // The same session, at both: one puts it in.
  const same = await Promise.all([store.install(record, false, now), other<Installed>('install', record, false, now)]);
  assert.deepEqual(same.toSorted(), ['installed', 'present']);
  // An end against the same install again: whichever came last.
  const [ended, again] = await Promise.all([
    store.revoke(APP, { by: 'id', id: theirs.session.id }, now),
    other<Installed>('install', record, false, now),
  ]);
  assert.equal(ended, 1);
  assert.equal(await opened(), again === 'installed' ? theirs.session.id : null);
  await store.revoke(APP, { by: 'token', token: mine.ref }, now);
  // A login that chose the same token.
  const [created, installed] = await Promise.all([
    store.create(mine.session, mine.credential, null, now) as Promise<CreateOutcome>,
    other<Installed>('install', record, false, now),
  ]);
  const won = created.kind === 'created';
  assert.deepEqual([created.kind, installed], won ? ['created', 'present'] : ['taken', 'installed']);
  assert.equal(await opened(), won ? mine.session.id : theirs.session.id);
  // Two records of one id, each in the place of the other: one of them stands, as a whole.
  const { session } = make({ subject: 'both', ...times });
  const versions = [1, 2].map((version) => ({
    session: { ...session, version, data: `{"long":"${`${version}`.repeat(300)}"}`, label: `${version}` },
    credential: makeAliased(`${token}-${version}`).credential,
  }));
  await Promise.all([store.install(versions[0]!, true, now), other('install', versions[1]!, true, now)]);
  const stands = (await recordsOf(store, { now })).filter((one) => one.session.id === session.id);
  assert.ok(
    versions.some((version) => JSON.stringify(stands) === JSON.stringify([version])),
    JSON.stringify(stands),
  );
  const { version } = stands[0]!.session;
  const by = { ...mine.ref, hash: versions[version - 1]!.credential.hash };
  assert.equal((await store.get(APP, by, 'look', now))?.session.id, session.id);
}
