/** v1: the end of all sessions of one subject. Their list is in list-routes.ts. */
import type { Sessions } from '../../core/sessions.ts';
import { checkPathSubject } from '../../core/validate.ts';
import { ending } from '../guards/audit.ts';
import { originOf } from '../message/origin.ts';
import { answer } from '../message/route.ts';
import { pathPart } from '../message/target.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';
import * as queries from './queries.ts';
import * as shape from './schemas.ts';

const PATH = '/v1/apps/:app/subjects/:subject/sessions';
const TAG = 'by-subject';

export function subjectRoutes(sessions: Sessions, operation: Operations): OperationRoute[] {
  return [
    operation({
      id: 'revokeSubjectSessions',
      method: 'DELETE',
      path: PATH,
      scope: 'revoke',
      audits: 'subject.end',
      tag: TAG,
      summary: 'End the sessions of a subject, all or all but one',
      description:
        'Logs a user out everywhere, for example after a change of password. With `except`, the id of a session, that one goes on: “log out everywhere else”. It cannot miss a session that was created before the call.',
      query: queries.ExceptQuery,
      answers: { 200: { description: 'How many.', schema: shape.Revoked, example: { revoked: 2 } } },
      errors: [],
      handle: async ({ c, now, app, query: { except, reason } }) => {
        const subject = checkPathSubject(pathPart(c, 5, 'subject'));
        const whose = { subject, ...(except !== undefined && { except }) };
        const revoked = await ending(c, 'subject.end', { app, ...whose, ...(reason && { reason }) }, () =>
          sessions.revoke(app, { by: 'subject', ...whose }, now, originOf(c, reason)),
        );
        return answer(c, JSON.stringify({ revoked }));
      },
    }),
  ];
}
