/**
 * The stored form of a session: a MessagePack array that starts with the number of its form, so that a later form can
 * be told apart. An array, because names would be stored again in each record.
 */
import type { Credential, Session } from '../../core/session.ts';

const FORM = 1;

export interface StoredRecord {
  readonly session: Session;
  readonly credential: Credential;
  /** Where the session stands in `due`; null when it has no deadline. */
  readonly dueAt: number | null;
  /** Where the session stands in `activity`: its lastSeenAt when the entry was last moved. */
  readonly indexedAt: number;
  /** How often counters were written behind. Tells whether a pending write is already in what was read. */
  readonly flushes: number;
}

export type Row = readonly [
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
  indexedAt: number,
];

export function toRow({ session: s, credential: c, dueAt, flushes, indexedAt }: StoredRecord): Row {
  const previous = c.previous && ([c.previous.hash, c.previous.alias, c.previous.until] as const);
  return [
    FORM,
    s.id,
    s.app,
    s.subject,
    s.createdAt,
    s.lastSeenAt,
    s.idleTimeout,
    s.absoluteExpiresAt,
    s.version,
    s.reads,
    s.ip,
    s.userAgent,
    s.label,
    s.data,
    c.hash,
    c.alias,
    previous,
    dueAt,
    flushes,
    indexedAt,
  ];
}

/** Reads a stored row. Errors: a form of another version. */
export function fromRow(row: Row): StoredRecord {
  if (row[0] !== FORM) throw new Error(`session record of form ${row[0]}; this version reads form ${FORM}`);
  const previous = row[16] && { hash: row[16][0], alias: row[16][1], until: row[16][2] };
  return {
    session: {
      id: row[1],
      app: row[2],
      subject: row[3],
      createdAt: row[4],
      lastSeenAt: row[5],
      idleTimeout: row[6],
      absoluteExpiresAt: row[7],
      version: row[8],
      reads: row[9],
      ip: row[10],
      userAgent: row[11],
      label: row[12],
      data: row[13],
    },
    credential: { hash: row[14], alias: row[15], previous },
    dueAt: row[17],
    flushes: row[18],
    indexedAt: row[19],
  };
}
