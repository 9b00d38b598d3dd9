/**
 * Session records as versions before wrote them. They are read for as long as sessions live that nobody changes; here and, the
 * same, in lua/older.lua.
 *
 *   0   4 bytes   form (2) · the token is an alias · 0 · the data is kept apart
 *   4   7 doubles lastSeenAt · reads · version · createdAt · idleTimeout · absoluteExpiresAt · authenticatedAt
 *   60  texts     length (1 byte) + hash; length (2) + replaced tokens · + subject · + ip · + userAgent · + label
 *       rest      data; empty for {}
 *
 * Big-endian. No deadline, and no login, is Infinity. A text that may be null is empty for null, else '+' and the text. Hashes
 * are texts. Form 1 has one replaced token at most: whether it is an alias in byte 2, until when it reads in the place of
 * authenticatedAt, length (1) + hash.
 */
import type { Credential, Replaced, Session } from '../../core/session.ts';
import { EMPTY_DATA } from '../../core/session.ts';

/** Where the hash is, with its length before it. */
export const OLDER_FIXED = 60;
const [FIRST, SECOND] = [1, 2];

export function isOlder(form: number | undefined): boolean {
  return form === FIRST || form === SECOND;
}

export function olderHashOf(record: Buffer): string {
  const start = OLDER_FIXED + 1;
  return record.toString('latin1', start, start + (record[OLDER_FIXED] ?? 0));
}

/** Errors: a record that is cut off. */
export function unpackOlder(record: Buffer, app: string, id: string): Session {
  const isFirst = record[0] === FIRST;
  const number = (i: number): number => record.readDoubleBE(4 + i * 8);
  const orNull = (value: number): number | null => (value === Number.POSITIVE_INFINITY ? null : value);
  let offset = OLDER_FIXED;
  offset += 1 + record[offset]!;
  offset += isFirst ? 1 + record[offset]! : 2 + record.readUInt16BE(offset);
  const text = (): string | null => {
    const start = offset + 2;
    offset = start + record.readUInt16BE(offset);
    return offset === start ? null : record.toString('utf8', start + 1, offset);
  };
  const subject = text();
  const createdAt = number(3);
  const [ip, userAgent, label] = [text(), text(), text()];
  if (offset > record.length) throw new Error('session record that is cut off');
  return {
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
    ip,
    userAgent,
    label,
    data: record.toString('utf8', offset) || EMPTY_DATA,
  };
}

/** Gives what opens the session of such a record. Errors: a record that is cut off. */
export function unpackOlderCredential(record: Buffer): Credential {
  const hash = olderHashOf(record);
  const alias = record[1] === 1;
  const at = OLDER_FIXED + 1 + record[OLDER_FIXED]!;
  if (record[0] === SECOND) return { hash, alias, previous: unpackReplaced(record, at, String) };
  const old = record.toString('latin1', at + 1, at + 1 + record[at]!);
  if (old === '') return { hash, alias, previous: [] };
  return {
    hash,
    alias,
    previous: [{ hash: old, alias: record[2] === 1, until: record.readDoubleBE(4 + 6 * 8), seed: null }],
  };
}

/**
 * Reads tokens that were replaced, from where their length stands. `hashIn` gives the hash that bytes stand for.
 * Errors: a record that is cut off.
 */
export function unpackReplaced(record: Buffer, from: number, hashIn: (bytes: Buffer) => string): Replaced[] {
  const replaced: Replaced[] = [];
  const end = from + 2 + record.readUInt16BE(from);
  for (let at = from + 2; at < end; ) {
    const alias = record[at] === 1;
    const until = record.readDoubleBE(at + 1);
    const short = (start: number) => record.subarray(start + 1, start + 1 + record[start]!);
    const hash = short(at + 9);
    const seed = short(at + 10 + hash.length);
    replaced.push({ hash: hashIn(hash), alias, until, seed: seed.length === 0 ? null : seed.toString('latin1') });
    at += 11 + hash.length + seed.length;
  }
  return replaced;
}
