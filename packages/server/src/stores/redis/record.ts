/**
 * The stored form of a session: one packed text, so that a touch patches 16 bytes and Lua never parses JSON. Read and
 * written here and, the same, in lua/record.lua.
 *
 *   0   4 bytes   form (1) · the token is an alias · so was the one before · the data is kept apart
 *   4   7 doubles lastSeenAt · reads · version · createdAt · idleTimeout · absoluteExpiresAt · grace of the old token
 *   60  texts     length (1 byte) + hash · + hash of the old token; length (2) + subject · + ip · + userAgent · + label
 *       rest      data; empty for {}
 *
 * Big-endian. No deadline is Infinity. A text that may be null is empty for null, else '+' and the text.
 */

import { ServiceError } from '../../core/errors.ts';
import type { Credential, Session } from '../../core/session.ts';
import { EMPTY_DATA } from '../../core/session.ts';
import type { Visit } from '../../core/store.ts';

/** The form this version writes and reads. */
export const FORM = 1;
const TEXTS_AT = 60;

/** Packs a session without its data, which the script puts where its length says. */
export function packRecord(session: Session, { hash, alias, previous }: Credential): Buffer {
  const head = Buffer.alloc(TEXTS_AT);
  head[0] = FORM;
  head[1] = Number(alias);
  head[2] = Number(previous?.alias ?? false);
  [
    session.lastSeenAt,
    session.reads,
    session.version,
    session.createdAt,
    session.idleTimeout ?? Number.POSITIVE_INFINITY,
    session.absoluteExpiresAt ?? Number.POSITIVE_INFINITY,
    previous?.until ?? 0,
  ].forEach((value, i) => void head.writeDoubleBE(value, 4 + i * 8));
  const short = [hash, previous?.hash ?? ''].flatMap((text) => [Buffer.of(text.length), Buffer.from(text, 'latin1')]);
  const long = [session.subject, session.ip, session.userAgent, session.label].flatMap((text) => {
    const bytes = Buffer.from(packText(text));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat([head, ...short, ...long]);
}

export function packText(text: string | null): string {
  return text === null ? '' : `+${text}`;
}

export function packData(data: string): string {
  return data === EMPTY_DATA ? '' : data;
}

/** One session that cannot be read (damaged, of another version, in a full Redis) is its own failure, not its neighbours'. */
export function unreadable(cause: unknown): ServiceError {
  return new ServiceError('store_unavailable', 'the session store did not do its work', { cause });
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
  if (record[0] !== FORM) throw new Error(`session record of form ${record[0]}; this version reads form ${FORM}`);
  const number = (i: number): number => record.readDoubleBE(4 + i * 8);
  const orNull = (value: number): number | null => (value === Number.POSITIVE_INFINITY ? null : value);
  let offset = TEXTS_AT;
  offset += 1 + record[offset]!;
  offset += 1 + record[offset]!;
  const text = (): string | null => {
    const start = offset + 2;
    offset = start + record.readUInt16BE(offset);
    return offset === start ? null : record.toString('utf8', start + 1, offset);
  };
  const session: Session = {
    id,
    app,
    subject: text(),
    createdAt: number(3),
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
