/**
 * The stored form of a session: one packed text, so that a touch patches 16 bytes and Lua never parses JSON. Read and
 * written here and, the same, in lua/record.lua.
 *
 *   0   4 bytes   form (2) · the token is an alias · 0 · the data is kept apart
 *   4   7 doubles lastSeenAt · reads · version · createdAt · idleTimeout · absoluteExpiresAt · authenticatedAt
 *   60  texts     length (1 byte) + hash; length (2) + replaced tokens · + subject · + ip · + userAgent · + label
 *       rest      data; empty for {}
 *
 * A replaced token: 1 byte, an alias or not; a double, until when it reads; length (1) + hash · + seed, empty for none.
 * Big-endian. No deadline, and no login, is Infinity. A text that may be null is empty for null, else '+' and the text.
 *
 * Form 1, of versions before, is read too, and written anew as form 2 when more than its counters change. It has one replaced
 * token at most: whether it is an alias in byte 2, until when it reads in the place of authenticatedAt, length (1) + hash.
 */

import { ServiceError } from '../../core/errors.ts';
import type { Credential, Replaced, Session } from '../../core/session.ts';
import { EMPTY_DATA } from '../../core/session.ts';
import type { Members, Visit } from '../../core/store.ts';

/** The form this version writes. */
export const FORM = 2;
const FIRST_FORM = 1;
const TEXTS_AT = 60;
/** In a visit, which has a double before the record. */
const HASH_AT = 8 + TEXTS_AT;

/** Packs a session without its data, which the script puts where its length says. */
export function packRecord(session: Session, { hash, alias, previous }: Credential): Buffer {
  const head = Buffer.alloc(TEXTS_AT);
  head[0] = FORM;
  head[1] = Number(alias);
  [
    session.lastSeenAt,
    session.reads,
    session.version,
    session.createdAt,
    session.idleTimeout ?? Number.POSITIVE_INFINITY,
    session.absoluteExpiresAt ?? Number.POSITIVE_INFINITY,
    session.authenticatedAt ?? Number.POSITIVE_INFINITY,
  ].forEach((value, i) => void head.writeDoubleBE(value, 4 + i * 8));
  const { subject, ip, userAgent, label } = session;
  const texts = [subject, ip, userAgent, label].map((text) => Buffer.from(packText(text)));
  const long = [Buffer.concat(previous.map(packReplaced)), ...texts].flatMap((bytes) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat([head, packShort(hash), ...long]);
}

function packReplaced({ hash, alias, until, seed }: Replaced): Buffer {
  const head = Buffer.alloc(9);
  head[0] = Number(alias);
  head.writeDoubleBE(until, 1);
  return Buffer.concat([head, packShort(hash), packShort(seed ?? '')]);
}

function packShort(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);
}

export function isKnownForm(form: number | undefined): boolean {
  return form === FORM || form === FIRST_FORM;
}

export function packText(text: string | null): string {
  return text === null ? '' : `+${text}`;
}

/** Gives what the scripts change of a session: each member empty to leave it, or '=' and what it becomes. */
export function packMembers({ data, ip, userAgent, label, idleTimeout, absoluteTimeout }: Members): string[] {
  const optional = (text: string | undefined) => (text === undefined ? '' : `=${text}`);
  const texts = [ip, userAgent, label].map((text) => optional(text === undefined ? text : packText(text)));
  const numbers = [idleTimeout, absoluteTimeout].map((value) => optional(value === null ? 'none' : value?.toString()));
  return [optional(data && packData(data)), ...texts, ...numbers];
}

export function packData(data: string): string {
  return data === EMPTY_DATA ? '' : data;
}

/** One session that cannot be read (damaged, of another version, in a full Redis) is its own failure, not its neighbours'. */
export function unreadable(cause: unknown): ServiceError {
  return new ServiceError('store_unavailable', 'the session store did not do its work', { cause });
}

/**
 * Tells whether the hash of a token stands in the record of a visit: as that of its token, or of one that was replaced. The
 * script has compared them; this says that its answer is the one to this question.
 */
export function holdsHash(visit: Buffer, hash: string): boolean {
  const start = HASH_AT + 1;
  if (visit[HASH_AT] === hash.length && visit.toString('latin1', start, start + hash.length) === hash) return true;
  return visit.includes(hash, start, 'latin1');
}

/** Reads what lua/record.lua calls a visit: how long idle, record, data. Errors: `store_unavailable` when it cannot be read. */
export function unpackVisit(bytes: Buffer, app: string, id: string, at: number): Visit {
  try {
    return unpack(bytes, app, id, at);
  } catch (error) {
    throw unreadable(error);
  }
}

function unpack(bytes: Buffer, app: string, id: string, at: number): Visit {
  const record = bytes.subarray(8);
  if (!isKnownForm(record[0])) throw new Error(`session record of form ${record[0]}; this version knows no such`);
  const isFirst = record[0] === FIRST_FORM;
  const number = (i: number): number => record.readDoubleBE(4 + i * 8);
  const orNull = (value: number): number | null => (value === Number.POSITIVE_INFINITY ? null : value);
  let offset = TEXTS_AT;
  offset += 1 + record[offset]!;
  offset += isFirst ? 1 + record[offset]! : 2 + record.readUInt16BE(offset);
  const text = (): string | null => {
    const start = offset + 2;
    offset = start + record.readUInt16BE(offset);
    return offset === start ? null : record.toString('utf8', start + 1, offset);
  };
  const subject = text();
  const createdAt = number(3);
  const session: Session = {
    id,
    app,
    subject,
    createdAt,
    authenticatedAt: isFirst ? (subject === null ? null : createdAt) : orNull(number(6)),
    lastSeenAt: number(0),
    idleTimeout: orNull(number(4)),
    absoluteExpiresAt: orNull(number(5)),
    version: number(2),
    reads: number(1),
    ip: text(),
    userAgent: text(),
    label: text(),
    data: record.toString('utf8', offset) || EMPTY_DATA,
  };
  return { session, at, idle: bytes.readDoubleBE(0) };
}
