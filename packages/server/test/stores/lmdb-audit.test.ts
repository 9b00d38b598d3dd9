/** The audit of the embedded store finds each kind of damage, mends it, and changes nothing unasked. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Database } from 'lmdb';
import type { AuditFinding } from '../../src/stores/audit.ts';
import { type LmdbAudit, openLmdbAudit } from '../../src/stores/lmdb/audit.ts';
import { EMPTY } from '../../src/stores/lmdb/journal-block.ts';
import { activityKey, aliasKey, dueKey, memoKey, sessionKey, subjectPrefix } from '../../src/stores/lmdb/keys.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { packRecord } from '../../src/stores/lmdb/record.ts';
import { Tables } from '../../src/stores/lmdb/tables.ts';
import { APP, HOUR, type Made, make, makeAliased, T0 } from '../conformance/harness.ts';
import { temporaryFolder } from '../support/server.ts';

const NAMESPACE = 'audit';
const onError = (error: unknown) => assert.fail(String(error));
const GHOST = '00AAAAAAAAAAAAAA';

interface Patient {
  readonly tables: Tables;
  readonly plain: Made;
  readonly aliased: Made;
  /** The key of the first session, and its stored bytes. */
  readonly key: string;
  readonly bytes: Buffer;
}

const put = (table: Database<unknown, string>, key: string, value: unknown) => void table.put(key, value);

/** Each kind of damage, done within a transaction, and which fault must be found. `stays`: a repair leaves it alone. */
const DAMAGES: Record<string, { do: (p: Patient) => unknown; found: string; stays?: true }> = {
  'activity lost': {
    do: ({ tables, plain }) => tables.activity.remove(activityKey(APP, T0, plain.session.id)),
    found: 'session-activity',
  },
  'activity that says something else': {
    do: ({ tables, plain }) => put(tables.activity, activityKey(APP, T0, plain.session.id), [null, null]),
    found: 'session-activity',
  },
  'subject lost': {
    do: ({ tables, plain }) => tables.subjects.remove(`${subjectPrefix(APP, 'user123')}:${plain.session.id}`),
    found: 'session-subjects',
  },
  'not due': {
    do: ({ tables, plain }) => tables.due.remove(dueKey(T0 + HOUR, APP, plain.session.id)),
    found: 'session-due',
  },
  'due too late': {
    do: ({ tables, key }) => {
      const record = tables.record(key)!;
      void tables.due.remove(dueKey(record.dueAt!, APP, record.session.id));
      put(tables.due, dueKey(T0 + 9 * HOUR, APP, record.session.id), true);
      void tables.sessions.put(key, packRecord({ ...record, dueAt: T0 + 9 * HOUR }));
    },
    found: 'session-due',
  },
  'alias lost': {
    do: ({ tables, aliased }) => tables.aliases.remove(aliasKey(APP, aliased.ref.hash)),
    found: 'session-aliases',
  },
  'activity of a ghost': {
    do: ({ tables }) => put(tables.activity, activityKey(APP, T0, GHOST), [null, null]),
    found: 'activity-orphan',
  },
  'a second place in the activity': {
    do: ({ tables, plain }) => put(tables.activity, activityKey(APP, T0 + 5, plain.session.id), [null, null]),
    found: 'activity-orphan',
  },
  'a subject’s ghost': {
    do: ({ tables }) => put(tables.subjects, `${subjectPrefix(APP, 'nobody')}:${GHOST}`, true),
    found: 'subjects-orphan',
  },
  'a ghost that is due': { do: ({ tables }) => put(tables.due, dueKey(T0, APP, GHOST), true), found: 'due-orphan' },
  'an alias to a ghost': {
    do: ({ tables }) => put(tables.aliases, aliasKey(APP, '1.ghost-of-a-token'), GHOST),
    found: 'aliases-orphan',
  },
  'a wrong number of sessions': { do: ({ tables }) => put(tables.counts.table, APP, [9, 1]), found: 'count' },
  'a wrong number of subjects': { do: ({ tables }) => put(tables.counts.table, APP, [2, 9]), found: 'count' },
  'a wrong number of a subject’s sessions': {
    do: ({ tables }) => put(tables.subjects, subjectPrefix(APP, 'user123'), 3),
    found: 'count',
  },
  'a number of a subject that has none': {
    do: ({ tables }) => put(tables.subjects, subjectPrefix(APP, 'nobody'), 1),
    found: 'count',
  },
  'a memo that is not due': {
    do: ({ tables }) => put(tables.memos.tables.memos, memoKey(APP, 'a-name'), ['x', T0]),
    found: 'memo-due',
  },
  'a memo to end that is not there': {
    do: ({ tables }) => put(tables.memos.tables.memoDue, dueKey(T0, APP, 'a-name'), true),
    found: 'memo-orphan',
  },
  'a journal that has lost what it is said to have': {
    do: ({ tables }) => tables.journals.putHead(APP, { ...EMPTY, last: { ms: T0, nth: 0 }, count: 3, events: 3 }),
    found: 'journal',
  },
  'a journal that cannot be taken apart': {
    do: ({ tables }) => put(tables.journals.heads, APP, Buffer.of(9)),
    found: 'journal',
    stays: true,
  },
  'a record cut off': {
    do: ({ tables, key, bytes }) => tables.sessions.put(key, bytes.subarray(0, 60)),
    found: 'session-record',
  },
  'a record of a later version': {
    do: ({ tables, key, bytes }) => tables.sessions.put(key, Buffer.concat([Buffer.of(9), bytes.subarray(1)])),
    found: 'form',
    stays: true,
  },
  'a record at a key of nobody': {
    do: ({ tables, bytes }) => tables.sessions.put(sessionKey(APP, GHOST), bytes),
    found: 'place',
    stays: true,
  },
};

async function audit(path: string, repair = false): Promise<AuditFinding[]> {
  const audit = openLmdbAudit(path, NAMESPACE, repair);
  const findings: AuditFinding[] = [];
  await audit.run({ repair, onFinding: (finding) => findings.push(finding), onProgress: () => {} });
  await audit.close();
  return findings;
}

const codes = (findings: AuditFinding[]) => [...new Set(findings.map(({ code }) => code))].sort();

describe('the audit of the embedded store', () => {
  for (const [name, { do: damage, found, stays }] of Object.entries(DAMAGES)) {
    test(`finds and ${stays ? 'leaves alone' : 'mends'}: ${name}`, async (t) => {
      const path = temporaryFolder(t);
      const store = new LmdbStore({ path, namespace: NAMESPACE, onError });
      const [plain, aliased] = [make(), makeAliased('a-token-of-the-caller')];
      for (const { session, credential } of [plain, aliased]) await store.create(session, credential, null, T0);
      await store.close();
      assert.deepEqual(await audit(path), []);
      const tables = new Tables(path, NAMESPACE);
      const key = sessionKey(APP, plain.session.id);
      await tables.transaction(() => {
        damage({ tables, plain, aliased, key, bytes: tables.sessions.getBinary(key)! });
      });
      await tables.close();
      const seen = await audit(path);
      assert.ok(codes(seen).includes(found), `found ${codes(seen)}`);
      assert.deepEqual(await audit(path), seen, 'it looked, and changed nothing');
      const mended = (await audit(path, true)).find(({ code }) => code === found)!.mended;
      assert.equal(mended === null, stays === true);
      assert.deepEqual(codes(await audit(path)), stays ? [found] : [], 'a second run');
    });
  }

  test('has nothing to say of sessions that come, move and go meanwhile', async (t) => {
    const path = temporaryFolder(t);
    const store = new LmdbStore({ path, namespace: NAMESPACE, onError });
    t.after(() => store.close());
    let over = false;
    let sessions = 0;
    const worker = async (n: number) => {
      for (let i = 0; !over; i++, sessions++) {
        const made = i % 3 === 0 ? makeAliased(`chosen-by-the-caller-${n}-${i}`, { subject: `u${n}` }) : make();
        await store.create(made.session, made.credential, { max: 500, onLimit: 'revokeOldest' }, T0);
        await store.get(APP, made.ref, 'read', T0 + i);
        await store.update(APP, made.ref, { expect: 1, version: 2, data: `{"a":${i}}` }, T0 + i);
        if (i % 2 === 0) await store.revoke(APP, { by: 'id', id: made.session.id }, T0 + i);
      }
    };
    const load = Promise.all(Array.from({ length: 16 }, (_, n) => worker(n)));
    try {
      for (let run = 0; run < 4 || sessions < 1500; run++)
        assert.deepEqual(await faults(store.audit(), run % 2 === 1), []);
    } finally {
      over = true;
      await load;
    }
  });

  test('a folder or a namespace without a store is an error, and stays as it is', async (t) => {
    const path = temporaryFolder(t);
    assert.throws(() => openLmdbAudit(path, NAMESPACE, true));
    await new LmdbStore({ path, namespace: 'other', onError }).close();
    assert.throws(() => openLmdbAudit(path, NAMESPACE, true), /no store under the namespace audit/);
  });
});

async function faults(audit: LmdbAudit, repair: boolean): Promise<AuditFinding[]> {
  const findings: AuditFinding[] = [];
  await audit.run({ repair, onFinding: (finding) => findings.push(finding), onProgress: () => {} });
  return findings;
}
