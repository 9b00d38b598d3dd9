/** What answers about one session have in common. */
import { ServiceError } from '../../core/errors.ts';
import type { Policy } from '../../core/policy.ts';
import type { Session } from '../../core/session.ts';
import type { Visit } from '../../core/store.ts';
import { HEADERS } from '../message/problem.ts';
import { answerTagged, type Reply, trace } from '../message/route.ts';
import { etag, type Fields, sessionJson } from '../message/wire.ts';
import { TAGS_TEXT } from '../operation/header-rules.ts';
import type { Answer, Asked } from '../operation/operation.ts';
import { SESSION_EXAMPLE } from './examples.ts';
import * as shape from './schemas.ts';
import { cookieOfEnded } from './set-cookie.ts';

/** As the OpenAPI document has it. */
export const SESSION_ANSWER = {
  description: 'The session.',
  schema: shape.Session,
  example: SESSION_EXAMPLE,
  headers: ['ETag'],
} as const satisfies Answer;

/** Of a read whose caller has this version already. */
export const KNOWN_ANSWER = {
  description:
    'The session has the version that `If-None-Match` names: since that answer nothing of it has changed but `lastSeenAt`, `expiresAt` and `reads`, and what a touch named. No body. The ETag is one of the whole session, whatever `fields` are.',
  headers: ['ETag'],
} as const satisfies Answer;

/** Of a change that may end the session. */
export const CHANGED_ANSWER = { ...SESSION_ANSWER, schema: shape.SessionAndCookie } as const satisfies Answer;

export const READ_MEANINGS = {
  'If-None-Match': {
    description: 'The ETag that the caller has, or several: when it is still the session’s, 304 without a body.',
    schema: TAGS_TEXT,
  },
} as const;

/** Answers a read: without a body when the caller has this version already. */
export function answerRead(
  c: Asked['c'],
  session: Session,
  isKnown: (session: Session) => boolean,
  fields?: Fields,
): Reply {
  const ETag = etag(trace(c, session));
  if (!isKnown(session)) return answerTagged(sessionJson(session, fields), ETag);
  const { 'Content-Type': _noBody, ...headers } = HEADERS;
  return { status: 304, headers: { ...headers, ETag }, body: null };
}

/** Answers a change. Errors: `session_not_found` when there is no session. */
export function answerChange(c: Asked['c'], policy: Policy, visit: Visit | null): Reply {
  return answerSession(c, visit, 200, cookieOfEnded(policy, found(visit)));
}

/** Answers with a session. `setCookie`: undefined for none. Errors: `session_not_found` when there is none. */
export function answerSession(c: Asked['c'], visit: Visit | null, status = 200, setCookie?: string): Reply {
  const session = trace(c, found(visit).session);
  if (setCookie === undefined) return answerTagged(sessionJson(session), etag(session), status);
  const cookie = `,"setCookie":${JSON.stringify(setCookie)}`;
  return answerTagged(`${sessionJson(session).slice(0, -1)}${cookie}}`, etag(session), status);
}

/** Gives what is there. Errors: `session_not_found` when nothing is. */
export function found<T>(value: T | null): T {
  if (value === null) throw new ServiceError('session_not_found', 'there is no such session');
  return value;
}
