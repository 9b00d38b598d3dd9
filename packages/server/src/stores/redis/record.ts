/**
 * The stored form of a session: one packed text, so that a touch patches 11 bytes and Lua never parses JSON. Read and
 * written here and, the same, in lua/record.lua; what a read needs of it, in lua/head.lua.
 *
 *   0   form (3)
 *   1   a bit each: the token is an alias · the data is kept apart · there is an absolute timeout · a subject · replaced tokens
 *   2   a bit each: the login was later than the creation · there was none · there is ip · userAgent · label
 *   3   lastSeenAt (6 bytes) · reads (5) · version (5) · createdAt (6) · idleTimeout (6; all ones for none)
 *   31  length (1) + hash
 *       what there is of: absoluteExpiresAt (6) · length (2) + subject · + replaced tokens · authenticatedAt (6) ·
 *       length (2) + ip · + userAgent · + label
 *       rest: data; empty for {}
 *
 * A replaced token: 1 byte, an alias or not; a double, until when it reads; length (1) + hash · + seed, empty for none.
 * Big-endian. A hash of the form `1.` is its 32 bytes (hashes.ts).
 *
 * Forms 1 and 2, of versions before, are read too (older-record.ts), and written anew when more than their counters change.
 * They took 50 bytes more.
 */

import { ServiceError } from '../../core/errors.ts';
import type { Credential, Replaced, Session } from '../../core/session.ts';
import { EMPTY_DATA } from '../../core/session.ts';
import type { Members, Visit } from '../../core/store.ts';
import type { StoredSession } from '../../core/stored-session.ts';
import { packHash, unpackHash } from './hashes.ts';
import {
  isOlder,
  OLDER_FIXED,
  olderHashOf,
  unpackOlder,
  unpackOlderCredential,
  unpackReplaced,
} from './older-record.ts';

/** The form this version writes. */
export const FORM = 3;
const FIXED = 31;
/** Where the record of a visit begins: behind how long the session had been idle. */
const RECORD = 8;
/** No idle timeout. No timeout is longer: they end before the year 10889. */
const ENDLESS = 2 ** 48 - 1;
/** Bits of byte 1; the script sets the one of data that is kept apart. */
const [ALIAS, ABSOLUTE, SUBJECT, REPLACED] = [1, 4, 8, 16];
/** Bits of byte 2. */
const [LOGIN, GUEST, IP, AGENT, LABEL] = [1, 2, 4, 8, 16];

/** Packs a session without its data, which the script puts where its length says. */
export function packRecord(session: Session, { hash, alias, previous }: Credential): Buffer {
  const { subject, ip, userAgent, label, createdAt, authenticatedAt, absoluteExpiresAt } = session;
  const head = Buffer.alloc(FIXED);
  head[0] = FORM;
  head[1] = alias ? ALIAS : 0;
  head[2] = authenticatedAt === null ? GUEST : 0;
  head.writeUIntBE(session.lastSeenAt, 3, 6);
  head.writeUIntBE(session.reads, 9, 5);
  head.writeUIntBE(session.version, 14, 5);
  head.writeUIntBE(createdAt, 19, 6);
  head.writeUIntBE(session.idleTimeout ?? ENDLESS, 25, 6);
  const parts = [head, packShort(packHash(hash))];
  const add = (at: 1 | 2, bit: number, part: Buffer | null) => {
    if (part === null) return;
    head[at]! |= bit;
    parts.push(part);
  };
  add(1, ABSOLUTE, absoluteExpiresAt === null ? null : packInstant(absoluteExpiresAt));
  add(1, SUBJECT, packLong(subject));
  add(1, REPLACED, previous.length === 0 ? null : withLength(Buffer.concat(previous.map(packReplaced))));
  add(2, LOGIN, authenticatedAt === null || authenticatedAt === createdAt ? null : packInstant(authenticatedAt));
  add(2, IP, packLong(ip));
  add(2, AGENT, packLong(userAgent));
  add(2, LABEL, packLong(label));
  return Buffer.concat(parts);
}

function packInstant(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}

function packLong(text: string | null): Buffer | null {
  return text === null ? null : withLength(Buffer.from(text));
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function packReplaced({ hash, alias, until, seed }: Replaced): Buffer {
  const head = Buffer.alloc(9);
  head[0] = Number(alias);
  head.writeDoubleBE(until, 1);
  return Buffer.concat([head, packShort(packHash(hash)), packShort(Buffer.from(seed ?? '', 'latin1'))]);
}

function packShort(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

export function isKnownForm(form: number | undefined): boolean {
  return form === FORM || isOlder(form);
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

/** Gives the hash of the token of a record, as its bytes (hashes.ts). */
export function hashOf(record: Buffer): Buffer {
  if (record[0] !== FORM) return packHash(olderHashOf(record));
  return record.subarray(FIXED + 1, FIXED + 1 + record[FIXED]!);
}

/**
 * Tells whether the hash of a token, its bytes, stands in the record of a visit: as that of its token, or of one that was
 * replaced. The script has compared them; this says that its answer is the one to this question.
 */
export function holdsHash(visit: Buffer, hash: string): boolean {
  const isNew = visit[RECORD] === FORM;
  const text = isNew ? hash : unpackHash(Buffer.from(hash, 'latin1'));
  const at = RECORD + (isNew ? FIXED : OLDER_FIXED) + 1;
  if (visit[at - 1] === text.length && visit.toString('latin1', at, at + text.length) === text) return true;
  return visit.includes(text, at, 'latin1');
}

/** Reads what lua/record.lua calls a visit: how long idle, record, data. Errors: `store_unavailable` when it cannot be read. */
export function unpackVisit(bytes: Buffer, app: string, id: string, at: number): Visit {
  try {
    return unpack(bytes, app, id, at);
  } catch (error) {
    throw unreadable(error);
  }
}

/** Reads a visit as a whole session, with what opens it. Errors: as unpackVisit. */
export function unpackStored(bytes: Buffer, app: string, id: string): StoredSession {
  try {
    return { session: unpack(bytes, app, id, 0).session, credential: unpackCredential(bytes.subarray(RECORD)) };
  } catch (error) {
    throw unreadable(error);
  }
}

function unpackCredential(record: Buffer): Credential {
  if (isOlder(record[0])) return unpackOlderCredential(record);
  const flags = record[1]!;
  let at = FIXED + 1 + record[FIXED]!;
  if (flags & ABSOLUTE) at += 6;
  if (flags & SUBJECT) at += 2 + record.readUInt16BE(at);
  const previous = flags & REPLACED ? unpackReplaced(record, at, unpackHash) : [];
  return { hash: unpackHash(hashOf(record)), alias: (flags & ALIAS) !== 0, previous };
}

function unpack(bytes: Buffer, app: string, id: string, at: number): Visit {
  const idle = bytes.readDoubleBE(0);
  const form = bytes[RECORD];
  if (isOlder(form)) return { session: unpackOlder(bytes.subarray(RECORD), app, id), at, idle };
  if (form !== FORM) throw new Error(`session record of form ${form}; this version knows no such`);
  const [first, second] = [bytes[RECORD + 1]!, bytes[RECORD + 2]!];
  const createdAt = bytes.readUIntBE(RECORD + 19, 6);
  const idleTimeout = bytes.readUIntBE(RECORD + 25, 6);
  const rest = new Rest(bytes, RECORD + FIXED + 1 + bytes[RECORD + FIXED]!);
  const absoluteExpiresAt = first & ABSOLUTE ? rest.instant() : null;
  const subject = first & SUBJECT ? rest.text() : null;
  if (first & REPLACED) rest.skip();
  const authenticatedAt = second & LOGIN ? rest.instant() : second & GUEST ? null : createdAt;
  const ip = second & IP ? rest.text() : null;
  const userAgent = second & AGENT ? rest.text() : null;
  const label = second & LABEL ? rest.text() : null;
  if (rest.at > bytes.length) throw new Error('session record that is cut off');
  const session: Session = {
    id,
    app,
    subject,
    createdAt,
    authenticatedAt,
    lastSeenAt: bytes.readUIntBE(RECORD + 3, 6),
    idleTimeout: idleTimeout === ENDLESS ? null : idleTimeout,
    absoluteExpiresAt,
    version: bytes.readUIntBE(RECORD + 14, 5),
    reads: bytes.readUIntBE(RECORD + 9, 5),
    ip,
    userAgent,
    label,
    data: rest.at === bytes.length ? EMPTY_DATA : bytes.toString('utf8', rest.at, bytes.length),
  };
  return { session, at, idle };
}

/** What stands behind the fixed part of a record, read from left to right. A class, because closures for the same take three times as long. */
class Rest {
  private readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  instant(): number {
    this.at += 6;
    return this.bytes.readUIntBE(this.at - 6, 6);
  }

  text(): string {
    const start = this.at + 2;
    this.skip();
    return this.bytes.toString('utf8', start, this.at);
  }

  /** Passes over a part that begins with its length. */
  skip(): void {
    this.at += 2 + this.bytes.readUInt16BE(this.at);
  }
}
