/** The journal of two processes: whoever ends a session, by whatever, one end is told, and the events of each session come in order. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { JournalEvent, JournalRules } from '../../src/core/events.ts';
import type { Cap, CreateOutcome, SessionStore } from '../../src/core/store.ts';
import { openAudit } from '../../src/stores/open-audit.ts';
import { openStore } from '../../src/stores/open-store.ts';
import { journalOf } from '../conformance/events.ts';
import { APP, HOUR, make } from '../conformance/harness.ts';
import { faultsOf } from '../support/audit.ts';
import { rounds } from '../support/rounds.ts';
import { type Cleanup, lastFirst, temporaryFolder } from '../support/server.ts';
import { startVerbs, type Verbs } from '../support/verbs.ts';

const LOGINS = rounds(2000, 0.2);
const WORKERS = 16;
const NAMESPACE = 'races';
const RULES: JournalRules = { events: true, updates: true, history: 86_400_000 };
const CAP: Cap = { max: 2, onLimit: 'revokeOldest' };
const redis = { wait: 0 };

const URLS = {
  'the embedded store': async (t: Cleanup) => `lmdb:${temporaryFolder(t)}`,
};

/** What of a session is told, in the order of the journal. */
function bySession(events: readonly JournalEvent[]): Map<string, JournalEvent[]> {
  const all = new Map<string, JournalEvent[]>();
  for (const event of events) all.set(event.session, [...(all.get(event.session) ?? []), event]);
  return all;
}

describe('journals of two processes', () => {
  for (const [name, start] of Object.entries(URLS)) {
    test(`on ${name}: one end of each session, in order, whoever it was`, async (t) => {
      const cleanup = lastFirst(t);
      const url = await start(cleanup);
      const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
      const options = { namespace: NAMESPACE, clock: Date.now, timeout: 30_000, redis, onError, journal: () => RULES };
      const { store } = await openStore(url, options);
      cleanup.after(() => store.close());
      const other = await startVerbs(cleanup, url, NAMESPACE, RULES);
      const created: string[] = [];
      const worker = async (own: number) => {
        for (let i = own; i < LOGINS; i += WORKERS) await login(store, other, i, created);
      };
      await Promise.all(Array.from({ length: WORKERS }, (_, own) => worker(own)));
      await Promise.all([
        store.revoke(APP, { by: 'app' }, Date.now()),
        other.call('revoke', APP, { by: 'app' }, Date.now()),
      ]);
      while ((await store.sweep(Date.now(), 100)) > 0);

      const told = (await journalOf(store)).map(({ event }) => event);
      const sessions = bySession(told);
      assert.deepEqual([...sessions.keys()].sort(), created.sort(), 'each that was created, and no other');
      for (const [id, events] of sessions) {
        const types = events.map(({ type }) => type.slice('session.'.length));
        assert.deepEqual(types, ['created', ...types.slice(1, -1).map(() => 'updated'), 'ended'], id);
        assert.ok(
          events.every(
            ({ count, version }, i) => i === 0 || (count > events[i - 1]!.count && version >= events[i - 1]!.version),
          ),
        );
      }
      const reasons = new Set(told.flatMap(({ reason }) => reason ?? []));
      for (const reason of ['cap', 'idle'] as const) assert.ok(reasons.has(reason), reason);
      const audit = await openAudit(url, { namespace: NAMESPACE, timeout: 30_000, redis, repair: false });
      assert.deepEqual(await faultsOf(audit).finally(() => audit.close()), []);
    });
  }
});

/** A login in one of the processes, and then ends of it from both at once, or none: then a cap or a deadline ends it. */
async function login(store: SessionStore, other: Verbs, i: number, created: string[]): Promise<void> {
  const now = Date.now();
  const { session, credential, ref } = make({
    subject: `u${i % 40}`,
    createdAt: now,
    idleTimeout: i % 8 === 0 ? HOUR : 5 + ((i * 37) % 600),
  });
  const args = [session, credential, CAP, now] as const;
  const outcome = i % 2 === 0 ? await store.create(...args) : await other.call<CreateOutcome>('create', ...args);
  assert.equal(outcome.kind, 'created');
  created.push(session.id);
  if (i % 3 === 0) await store.update(APP, ref, { expect: 1, version: 2, data: '{"n":1}' }, Date.now());
  if (i % 4 === 0) return;
  if (i % 4 === 1) await delay((i * 31) % 40);
  await Promise.all([
    store.revoke(APP, { by: 'id', id: session.id }, Date.now()),
    other.call('revoke', APP, { by: 'token', token: ref }, Date.now()),
    i % 5 === 0 && store.revoke(APP, { by: 'subject', subject: `u${i % 40}` }, Date.now()),
    i % 3 === 0 && other.call('sweep', Date.now(), 50),
    i % 7 === 0 && store.sweep(Date.now(), 50),
  ]);
}
