/**
 * A session of express-session as JSON, as connect-redis and most other stores keep it, and what our store for Express would have kept of
 * it (packages/client: express/cookie-state.ts): the values of the application, and the cookie's options under a key of its own.
 */
import { isUtf8 } from 'node:buffer';
import { ServiceError } from '../../../core/errors.ts';
import { type Members, readEnvelope, writeObject } from '../../../core/json-text.ts';
import { MAX_TIMEOUT } from '../../../core/policy.ts';
import type { LeftReason } from '../../left.ts';
import { type Carried, carry, nameOf, type Times, timesUntil } from '../carried.ts';
import { isNodeToken, nodeToken } from '../web/adapter-tokens.ts';
import { jsonAt, NOBODY, type Steps, whoseIs } from '../web/subject-path.ts';
import type { Notes } from '../web/survey.ts';

const PRIVATE_KEY = '_express';
/** The server keeps no session for a shorter time, unless its policy says so; the store ends it itself. Units: milliseconds. */
const SHORTEST = 10_000;

export interface ExpressOptions {
  readonly app: string;
  /** Absence: null for sessions of nobody. */
  readonly subject: Steps | null;
  /** How long a session lasts whose cookie has no end. Units: milliseconds. */
  readonly timeout: number;
  readonly notes: Notes;
}

interface Cookie {
  readonly originalMaxAge?: unknown;
  readonly expires?: unknown;
}

/** Takes a session over. `deadline`: when its key ends, in epoch milliseconds; null for never. */
export function expressSession(
  id: string,
  text: Buffer,
  deadline: number | null,
  now: number,
  { app, subject, timeout, notes }: ExpressOptions,
): Carried {
  const token = nodeToken(id);
  const left = (reason: LeftReason): Carried => ({ kind: 'left', reason, example: nameOf(token) });
  const members = membersOf(text);
  if (typeof members === 'string') return left(members);
  const cookie = cookieIn(members);
  if (cookie === null) return left('unreadable');
  members.delete('cookie');
  notes.note(members.keys());
  const whose = subject === null ? NOBODY : whoseIs(jsonAt(members, subject));
  if (whose?.isThere !== false) notes.hasPath = true;
  if (whose === null) return left('invalid_subject');
  const times = timesOf(cookie, deadline, now, timeout);
  if (times === null) return left('expired');
  const state = stateOf(id, cookie, times.ends);
  const kept = keptOf(members).set(PRIVATE_KEY, { rawKey: `"${PRIVATE_KEY}"`, value: JSON.stringify(state) });
  return carry({ app, token, subject: whose.subject, data: writeObject(kept), times: times.kept });
}

function membersOf(text: Buffer): Members | 'unreadable' | 'invalid_data' {
  if (!isUtf8(text)) return 'unreadable';
  try {
    return readEnvelope(text.toString()) ?? 'unreadable';
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return error.code === 'invalid_value' ? 'invalid_data' : 'unreadable';
  }
}

/** What begins with `_` is not shared, and has a key of its own (packages/client: framework/own-names.ts). */
function keptOf(members: Members): Members {
  const kept: Members = new Map();
  for (const [key, member] of members) {
    const name = key.startsWith('_') ? `${PRIVATE_KEY}.${key}` : key;
    kept.set(name, name === key ? member : { ...member, rawKey: JSON.stringify(name) });
  }
  return kept;
}

/** Absence: null. express-session itself cannot open a session without one. */
function cookieIn(members: Members): Cookie | null {
  const text = members.get('cookie')?.value;
  return text?.[0] === '{' ? (JSON.parse(text) as Cookie) : null;
}

/** Units: milliseconds. Absence: null for a session that has ended. `ends`: of one that is too short for the server. */
function timesOf(
  cookie: Cookie,
  deadline: number | null,
  now: number,
  timeout: number,
): { readonly kept: Times; readonly ends: number | undefined } | null {
  const { originalMaxAge: age, expires } = cookie;
  const ends = typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  // A key without a time to live is of a store that leaves the end to the browser, which has its cookie for as long.
  const until = deadline ?? (typeof age === 'number' || Number.isNaN(ends) ? null : ends);
  const lasts = typeof age === 'number' ? Math.ceil(age) : timeout;
  if (lasts <= 0 || (until !== null && until <= now)) return null;
  const most = Math.min(lasts, MAX_TIMEOUT);
  if (lasts < SHORTEST) return { kept: timesUntil(null, SHORTEST, now), ends: until ?? now + lasts };
  const kept = timesUntil(until ?? now + most, most, now);
  // Longer than a session can be here: it is as long as one can be.
  return { kept: { ...kept, idleTimeout: Math.min(kept.idleTimeout ?? most, MAX_TIMEOUT) }, ends: undefined };
}

/** What our store keeps of it beside the data. */
function stateOf(id: string, cookie: Cookie, ends: number | undefined): object {
  const { expires, ...options } = cookie as Record<string, unknown>;
  // Of @fastify/session.
  delete options.originalExpires;
  const isTimed = typeof cookie.originalMaxAge === 'number';
  const state = isTimed || expires === undefined ? options : { ...cookie };
  return { cookie: state, ...(!isNodeToken(id) && { id }), ...(ends !== undefined && { ends }) };
}
