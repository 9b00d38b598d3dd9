/**
 * Records as the first builds wrote them, on 23 November 2026: MessagePack arrays. They are rewritten when the store is opened,
 * all in one transaction. No version that was handed on wrote them, so such stores are small.
 */
import type { Database } from 'lmdb';
import type { Session } from '../../core/session.ts';
import { packRecord } from './record.ts';

/** What MessagePack begins an array of 16 and more with. */
const ARRAY = 0xdc;

type Row = readonly [
  form: number,
  id: string,
  app: string,
  subject: string | null,
  createdAt: number,
  lastSeenAt: number,
  idleTimeout: number | null,
  absoluteExpiresAt: number | null,
  version: number,
  reads: number,
  ip: string | null,
  userAgent: string | null,
  label: string | null,
  data: string,
  hash: string,
  alias: boolean,
  previous: readonly [hash: string, alias: boolean, until: number] | null,
  dueAt: number | null,
  flushes: number,
  /** Absence: undefined when its entry was moved with each touch. */
  indexedAt?: number,
];

/** Rewrites the records of a table that has such ones. `asRows` opens it as what it was. */
export function rewriteFirstRecords(sessions: Database<Buffer, string>, asRows: () => Database<Row, string>): void {
  const [first] = sessions.getRange({ limit: 1 });
  if (first === undefined || first.value[0] !== ARRAY) return;
  const rows = asRows();
  sessions.transactionSync(() => {
    for (const key of [...sessions.getKeys()]) {
      if (sessions.get(key)?.[0] === ARRAY) sessions.putSync(key, packRow(rows.get(key)!));
    }
  });
}

function packRow(row: Row): Buffer {
  const [, id, app, subject, createdAt, lastSeenAt, idleTimeout, absoluteExpiresAt, version, reads, ...more] = row;
  const [ip, userAgent, label, data, hash, alias, previous, dueAt, flushes, indexedAt = lastSeenAt] = more;
  const times = { createdAt, authenticatedAt: subject === null ? null : createdAt, lastSeenAt, idleTimeout };
  const session: Session = {
    id,
    app,
    subject,
    ...times,
    absoluteExpiresAt,
    version,
    reads,
    ip,
    userAgent,
    label,
    data,
  };
  const replaced = previous === null ? [] : [{ hash: previous[0], alias: previous[1], until: previous[2], seed: null }];
  return packRecord({ session, credential: { hash, alias, previous: replaced }, dueAt, indexedAt, flushes });
}
