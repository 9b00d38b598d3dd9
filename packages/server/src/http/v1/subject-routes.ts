/** v1: the sessions of one subject: the devices a user is logged in on. */
import type { Sessions } from '../../core/sessions.ts';
import { checkPathSubject } from '../../core/validate.ts';
import { answer } from '../message/route.ts';
import { pathPart } from '../message/target.ts';
import type { Asked, OperationRoute, Operations } from '../operation/operation.ts';
import { SESSION_EXAMPLE } from './examples.ts';
import { pageJson } from './page.ts';
import * as shape from './schemas.ts';

const PATH = '/v1/apps/:app/subjects/:subject/sessions';
const TAG = 'Sessions of a subject';
/** All sessions of nearly everyone, in one page. */
const LIMIT = 1000;

export function subjectRoutes(sessions: Sessions, operation: Operations): OperationRoute[] {
  return [
    operation({
      id: 'listSubjectSessions',
      method: 'GET',
      path: PATH,
      scope: 'read',
      tag: TAG,
      summary: 'List the sessions of a subject',
      description:
        'Shows on which devices a user is logged in: use it for a page “my devices”. The latest activity comes first. `limit` is 1000 unless given.',
      query: shape.PageQuery,
      answers: {
        200: {
          description: 'A page.',
          schema: shape.SessionPage,
          example: { sessions: [SESSION_EXAMPLE], cursor: null },
        },
      },
      errors: ['invalid_cursor'],
      handle: async ({ c, now, app, query: { limit = LIMIT, cursor } }) => {
        const subject = subjectOf(c);
        const page = await sessions.list(app, { subject, limit, ...(cursor !== undefined && { cursor }) }, now);
        return answer(c, await pageJson(page, 'full'));
      },
    }),
    operation({
      id: 'revokeSubjectSessions',
      method: 'DELETE',
      path: PATH,
      scope: 'revoke',
      tag: TAG,
      summary: 'End the sessions of a subject, all or all but one',
      description:
        'Logs a user out everywhere, for example after a change of password. With `except`, the id of a session, that one goes on: “log out everywhere else”. It cannot miss a session that was created before the call.',
      query: shape.ExceptQuery,
      answers: { 200: { description: 'How many.', schema: shape.Revoked, example: { revoked: 2 } } },
      errors: [],
      handle: async ({ c, now, app, query: { except } }) => {
        const selector = { by: 'subject', subject: subjectOf(c), ...(except !== undefined && { except }) } as const;
        return answer(c, JSON.stringify({ revoked: await sessions.revoke(app, selector, now) }));
      },
    }),
  ];
}

function subjectOf(c: Asked['c']) {
  return checkPathSubject(pathPart(c, 5, 'subject'));
}
