/** What answers about one session have in common. */
import { ServiceError } from '../core/errors.ts';
import type { Session } from '../core/session.ts';
import { SESSION_EXAMPLE } from './examples.ts';
import type { Answer, Asked } from './operation.ts';
import { answer, trace } from './route.ts';
import * as shape from './schemas.ts';
import { etag, sessionJson } from './wire.ts';

/** As the OpenAPI document has it. */
export const SESSION_ANSWER = {
  description: 'The session.',
  schema: shape.Session,
  example: SESSION_EXAMPLE,
  headers: ['ETag'],
} as const satisfies Answer;

/** Answers with a session. Errors: `session_not_found` when there is none. */
export function answerSession(c: Asked['c'], visit: { readonly session: Session } | null, status = 200): Response {
  const session = trace(c, found(visit).session);
  return answer(c, sessionJson(session), status, { ETag: etag(session) });
}

/** Gives what is there. Errors: `session_not_found` when nothing is. */
export function found<T>(value: T | null): T {
  if (value === null) throw new ServiceError('session_not_found', 'there is no such session');
  return value;
}
