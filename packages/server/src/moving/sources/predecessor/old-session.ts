/**
 * A session of redis-sessions → a session of ours: the one place where its fields get their meaning, for the import and for the
 * live adoption.
 *
 *   id         subject; with it and the token the id is drawn (token.ts: importedCredential)
 *   token      the alias of the credential. The end of it tells when it was made: createdAt and authenticatedAt
 *   la         lastSeenAt. (The score in the index may be a second nearer to the truth; `get` decides by la.)
 *   ttl        idleTimeout. With no_resave la + ttl is absoluteExpiresAt, which no get moves, and idleTimeout is what was asked for once:
 *              as much as lies between createdAt and that
 *   r, w       reads, version
 *   ip         ip
 *   d          data, the very text
 */
import { isUtf8 } from 'node:buffer';
import { ServiceError } from '../../../core/errors.ts';
import { readObject, writeObject } from '../../../core/json-text.ts';
import { MAX_TIMEOUT } from '../../../core/policy.ts';
import { EMPTY_DATA } from '../../../core/session.ts';
import type { StoredSession } from '../../../core/stored-session.ts';
import { importedCredential, madeByRedisSessions } from '../../../core/token.ts';
import { faultBesideData } from '../../checked-record.ts';
import type { LeftReason } from '../../left.ts';
import { type Fields, TOKEN } from './layout.ts';

/** What became of an old session. `example`: its user id, or its app where it has none. Never a token. */
export type Reading =
  | { readonly kind: 'session'; readonly record: StoredSession; readonly isJudged: true }
  | { readonly kind: 'left'; readonly reason: LeftReason; readonly example: string };

/** Tells whether Redis has refused a command because the key holds a value of another type. */
export function isWrongType(error: unknown): boolean {
  return error instanceof Error && error.message.includes('WRONGTYPE');
}

/** Gives what the fields of a session mean. Absence: null when it has none at all: there is no session. */
export function readingOf(app: string, token: string, fields: Fields, now: number): Reading | null {
  if (fields.every((field) => field === null)) return null;
  if (fields[0] === null) return { kind: 'left', reason: 'ghost', example: app };

  if (!fields.every((field) => field === null || isUtf8(field))) {
    return { kind: 'left', reason: 'unreadable', example: shown(fields[0]!.toString()) };
  }
  const [id, r, w, ttl, d, la, ip, noResave] = fields.map((field) => field?.toString() ?? null);
  const left = (reason: LeftReason): Reading => ({ kind: 'left', reason, example: shown(id!) });
  // Nobody could ask for such a session by the old library, nor by ours.
  if (!TOKEN.test(token)) return left('invalid_token');
  const [reads, version, idle, seen] = [count(r), count(w), milliseconds(ttl), milliseconds(la)];
  if (reads === null || version === null || idle === null || seen === null) return left('unreadable');
  if (seen + idle <= now) return left('expired');
  const data = !d ? EMPTY_DATA : compactData(d);
  if (data === null) return left('invalid_data');
  const createdAt = Math.min(madeByRedisSessions(token) ?? seen, seen);
  const end = noResave === '1' ? seen + Math.min(idle, MAX_TIMEOUT) : null;
  const { id: sessionId, credential } = importedCredential(token, id!);
  const record: StoredSession = {
    session: {
      id: sessionId,
      app,
      subject: id!,
      createdAt,
      authenticatedAt: createdAt,
      lastSeenAt: seen,
      // 2.x knows no longest ttl. Ours is 68 years.
      idleTimeout: Math.min(end === null ? idle : end - createdAt, MAX_TIMEOUT),
      absoluteExpiresAt: end,
      version,
      reads,
      ip: ip ?? null,
      userAgent: null,
      label: null,
      data,
    },
    credential,
  };
  const fault = faultBesideData(record);
  return fault === null ? { kind: 'session', record, isJudged: true } : left(fault);
}

/** Gives the compact text of a JSON object: the very text, where it has no white space. Absence: null when it is none by our rules. */
function compactData(text: string): string | null {
  try {
    const members = readObject(text);
    return members === null ? null : writeObject(members);
  } catch (error) {
    if (error instanceof ServiceError) return null;
    throw error;
  }
}

/** The longest user id that is shown as an example. Units: characters. */
const LONGEST_EXAMPLE = 80;

/** Gives a user id as people can read it: without line breaks and control characters, and not too long. */
export function shown(id: string): string {
  const plain = id.replaceAll(/\p{C}|\p{Zl}|\p{Zp}/gu, '\u{fffd}');
  return plain.length > LONGEST_EXAMPLE ? `${plain.slice(0, LONGEST_EXAMPLE)}…` : plain;
}

/** Absence: null when it is no counter. */
function count(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** Units: seconds, in fractions too, to whole milliseconds. Absence: null when it is no number of seconds. */
function milliseconds(text: string | null | undefined): number | null {
  if (text === null || text === undefined || !/^-?\d{1,12}(?:\.\d{1,20})?$/.test(text)) return null;
  return Math.round(Number(text) * 1000);
}
