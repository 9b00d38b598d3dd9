/**
 * If-Match and If-None-Match (RFC 9110, section 13.1), compared with the version of a session. What changes something
 * never passes over a condition in silence: it obeys it, or refuses the request. Not here: what a verb does when the
 * condition does not hold (core/rules.ts).
 */
import { ServiceError } from '../../core/errors.ts';
import type { Expect } from '../../core/rules.ts';
import type { Session } from '../../core/session.ts';
import { etag } from '../message/wire.ts';
import { invalid } from './faults.ts';
import { ETAG, ETAG_LIST } from './header-rules.ts';
import { type C, type HeaderName, headerOf } from './request-head.ts';

type ConditionName = 'If-Match' | 'If-None-Match';

/** One entity tag. `opaque`: with its quotes. */
interface Tag {
  readonly opaque: string;
  readonly isWeak: boolean;
}

/** Gives the condition of a verb that changes a session. Absence: undefined. Errors: `invalid_request`. */
export function expectOf(c: C): Expect | undefined {
  const expect = ifMatch(c);
  return ifNoneMatch(c) ? 'none' : expect;
}

/** Gives the versions that If-Match allows. A weak tag, or one that is no version of ours, matches none. */
export function ifMatch(c: C): Expect | undefined {
  const tags = tagsOf(c, 'If-Match');
  if (tags === undefined || tags === '*') return tags;
  return tags.flatMap(({ opaque, isWeak }) => {
    const version = isWeak ? undefined : /^"([1-9]\d{0,14})"$/.exec(opaque)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}

/** Tells whether a verb that changes something is to find no session. Errors: `invalid_request` for anything but `*`. */
export function ifNoneMatch(c: C): boolean {
  const tags = tagsOf(c, 'If-None-Match');
  if (tags === undefined || tags === '*') return tags === '*';
  throw malformed('If-None-Match', 'If-None-Match must be * where something changes');
}

/** Gives what tells whether the caller of a read has this version already: then the answer is 304. */
export function knownTo(c: C): (session: Session) => boolean {
  const tags = tagsOf(c, 'If-None-Match');
  if (tags === undefined) return () => false;
  // Weakly compared: proxies that compress an answer make its ETag weak.
  return (session) => tags === '*' || tags.some(({ opaque }) => opaque === etag(session));
}

/**
 * Refuses the conditions that an operation would pass over although it changes something; a lock is one, too. Errors:
 * `invalid_request`.
 */
export function refuseOtherConditions(c: C, known: readonly HeaderName[]): void {
  for (const name of ['If-Match', 'If-None-Match', 'Session-Lock'] as const) {
    if (known.includes(name) || headerOf(c, name) === null) continue;
    const lacks = name === 'Session-Lock' ? 'is no session of a token' : 'has no ETag';
    const message = `${name} is not for this request: what it is about ${lacks}`;
    throw invalid([{ in: 'header', at: name, rule: 'unknown', message }]);
  }
}

/** Adds to an error of a condition what callers with a weak tag need to know. */
export function explained(c: C, error: unknown): unknown {
  if (!(error instanceof ServiceError) || error.code !== 'version_mismatch') return error;
  if (!headerOf(c, 'If-Match')?.includes('W/"')) return error;
  return new ServiceError(error.code, `${error.message}; a weak tag (W/) never matches here`, { cause: error.cause });
}

function tagsOf(c: C, name: ConditionName): '*' | readonly Tag[] | undefined {
  const text = headerOf(c, name);
  if (text === null) return undefined;
  if (text.trim() === '*') return '*';
  if (!ETAG_LIST.test(text)) throw malformed(name);
  return [...text.matchAll(ETAG)].map(([, weak, opaque]) => ({ opaque: opaque!, isWeak: weak !== undefined }));
}

function malformed(
  name: ConditionName,
  message = `${name} must be * or a list of ETags: send the ETag as it came, with its quotes`,
) {
  return invalid([{ in: 'header', at: name, rule: 'format', message }]);
}
