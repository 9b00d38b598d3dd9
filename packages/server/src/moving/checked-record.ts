/**
 * Whether a session from elsewhere may be installed: the rules of core for names, texts and data, asked in one place for every
 * source. What a policy says of timeouts and of the length of data is not asked: a session keeps what it was given.
 */
import { ServiceError } from '../core/errors.ts';
import { readObject, writeObject } from '../core/json-text.ts';
import { MAX_TIMEOUT } from '../core/policy.ts';
import type { Replaced, Session } from '../core/session.ts';
import type { StoredSession } from '../core/stored-session.ts';
import { isSessionId, partitionOf } from '../core/token.ts';
import { checkApp, checkIp, checkLabel, checkSubject, checkUserAgent } from '../core/validate.ts';
import type { LeftReason } from './left.ts';

/** The most that a policy can allow for the data of one session. Units: bytes. */
export const MAX_DATA = 4_194_304;
/** What `token.ts` writes as a hash. */
export const HASH = /^1\.[A-Za-z0-9_-]{43}$/;
/** What `token.ts` writes as a seed. */
export const SEED = /^[A-Za-z0-9]{1,64}$/;
/** The last instant that can be written with a year of four digits. Units: epoch milliseconds. */
const LAST_INSTANT = 253_402_300_799_999;

/** Gives why a record may not be installed. Absence: null when it may. */
export function faultOf(record: StoredSession): LeftReason | null {
  return faultBesideData(record) ?? (isData(record.session.data) ? null : 'invalid_data');
}

/** The same, of a record whose data was read by the rules of core just now. */
export function faultBesideData({ session, credential }: StoredSession): LeftReason | null {
  if (fails(checkApp, session.app)) return 'invalid_app';
  if (session.subject !== null && fails(checkSubject, session.subject)) return 'invalid_subject';
  if (!isSessionId(session.id) || !fitsSubject(session)) return 'invalid_id';
  if (!HASH.test(credential.hash) || !credential.previous.every(isReplaced)) return 'invalid_token';
  if (!areTimesRight(session)) return 'invalid_times';
  const { ip, userAgent, label } = session;
  if (fails(checkIp, ip) || fails(checkUserAgent, userAgent) || fails(checkLabel, label)) return 'invalid_member';
  if (session.data.length > MAX_DATA || Buffer.byteLength(session.data) > MAX_DATA) return 'data_too_large';
  return null;
}

/** Tells whether the id stands where the sessions of its subject are kept: its first two characters say so. */
function fitsSubject({ id, subject }: Session): boolean {
  return subject === null || id.startsWith(partitionOf(subject));
}

function isReplaced({ hash, until, seed }: Replaced): boolean {
  return HASH.test(hash) && isInstant(until) && (seed === null || SEED.test(seed));
}

function areTimesRight(session: Session): boolean {
  const { createdAt, authenticatedAt, lastSeenAt, idleTimeout, absoluteExpiresAt, version, reads, subject } = session;
  return (
    isInstant(createdAt) &&
    isInstant(lastSeenAt) &&
    (authenticatedAt === null ? subject === null : subject !== null && isInstant(authenticatedAt)) &&
    (idleTimeout === null || (isCount(idleTimeout) && idleTimeout > 0 && idleTimeout <= MAX_TIMEOUT)) &&
    (absoluteExpiresAt === null || isInstant(absoluteExpiresAt)) &&
    (idleTimeout !== null || absoluteExpiresAt !== null) &&
    isCount(version) &&
    isCount(reads)
  );
}

function isInstant(value: number): boolean {
  return isCount(value) && value <= LAST_INSTANT;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Data is kept as text, so it must be the very text that reading and writing it gives: compact, and each key once. */
function isData(text: string): boolean {
  try {
    const members = readObject(text);
    return members !== null && writeObject(members) === text;
  } catch (error) {
    if (error instanceof ServiceError) return false;
    throw error;
  }
}

function fails(check: (value: string) => unknown, value: string | null): boolean {
  if (value === null) return false;
  try {
    check(value);
    return false;
  } catch {
    return true;
  }
}
