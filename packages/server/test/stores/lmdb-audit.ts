/** The audit of the embedded store: every index entry belongs to a record, and every record has all its entries. */
import { expiresAt } from '../../src/core/expiry.ts';
import { activityKey, aliasKey, dueKey, sessionKey, subjectPrefix } from '../../src/stores/lmdb/keys.ts';
import { unpackRecord } from '../../src/stores/lmdb/record.ts';

interface Entry {
  readonly table: string;
  readonly key: string;
  readonly value: unknown;
}

/** Gives what is wrong, one line each; empty when index and records agree. */
export function auditLmdb(dump: readonly Entry[]): string[] {
  const actual = new Set(dump.map(({ table, key, value }) => line(table, key, table === 'sessions' ? '' : value)));
  const expected = new Set<string>();
  for (const { value } of dump.filter((entry) => entry.table === 'sessions')) {
    const { session, credential, dueAt, indexedAt } = unpack(value as string);
    const { app, id, subject } = session;
    const deadline = expiresAt(session);
    const prefix = subject === null ? null : subjectPrefix(app, subject);
    expected.add(line('sessions', sessionKey(app, id), ''));
    // The entry says what was true when it was last moved; recounts leave it behind for a while.
    const then = expiresAt({ ...session, lastSeenAt: indexedAt });
    expected.add(line('activity', activityKey(app, indexedAt, id), [prefix, Number.isFinite(then) ? then : null]));
    if (prefix !== null) expected.add(line('subjects', `${prefix}:${id}`, true));
    if (dueAt !== null) expected.add(line('due', dueKey(dueAt, app, id), true));
    if (dueAt === null ? Number.isFinite(deadline) : dueAt > deadline)
      expected.add(`due of ${id} comes after its deadline`);
    for (const held of [credential, credential.previous]) {
      if (held?.alias) expected.add(line('aliases', aliasKey(app, held.hash), id));
    }
  }
  for (const { key, value } of dump.filter((entry) => entry.table === 'memos')) {
    const separator = key.indexOf(':');
    const until = (value as [string, number])[1];
    expected.add(line('memos', key, value));
    expected.add(line('memoDue', dueKey(until, key.slice(0, separator), key.slice(separator + 1)), true));
  }
  return [
    ...[...expected].filter((entry) => !actual.has(entry)).map((entry) => `missing: ${entry}`),
    ...[...actual].filter((entry) => !expected.has(entry)).map((entry) => `left behind: ${entry}`),
  ];
}

/** Reads a session as a dump shows it. */
export function unpack(text: string) {
  return unpackRecord(Buffer.from(text, 'latin1'));
}

function line(table: string, key: string, value: unknown): string {
  return `${table} ${key} ${JSON.stringify(value)}`;
}
