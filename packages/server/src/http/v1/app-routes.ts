/** v1: a whole app: its sessions by id, who is active, its policy, its end; and the list of apps. Lists are in list-routes.ts. */
import type { ServiceError } from '../../core/errors.ts';
import { DEFAULT_POLICY } from '../../core/policy.ts';
import { checkVersion } from '../../core/rules.ts';
import type { Sessions } from '../../core/sessions.ts';
import type { AppName } from '../../core/validate.ts';
import { ending } from '../guards/audit.ts';
import { seesApp } from '../guards/auth.ts';
import { originOf } from '../message/origin.ts';
import { answer } from '../message/route.ts';
import { pathPart } from '../message/target.ts';
import { milliseconds, policyJson } from '../message/wire.ts';
import { expectOf, ifMatch, knownTo } from '../operation/conditions.ts';
import { invalid } from '../operation/faults.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';
import { lockOf } from '../operation/request-head.ts';
import * as queries from './queries.ts';
import * as shape from './schemas.ts';
import { answerRead, found, KNOWN_ANSWER, READ_MEANINGS, SESSION_ANSWER } from './session-answer.ts';

const SESSIONS = '/v1/apps/:app/sessions';
const TAG = 'by-app';
const EVER = Number.MAX_SAFE_INTEGER;

export function appRoutes(sessions: Sessions, operation: Operations): OperationRoute[] {
  return [
    operation({
      id: 'getSessionById',
      method: 'GET',
      path: `${SESSIONS}/:id`,
      scope: 'read',
      tag: TAG,
      summary: 'Look at a session by its public id',
      description:
        'Shows a session to somebody who does not have its token, such as support staff with the id from a log. Looking changes nothing and is no activity.',
      headers: ['If-Match', 'If-None-Match'],
      meanings: READ_MEANINGS,
      answers: { 200: SESSION_ANSWER, 304: KNOWN_ANSWER },
      errors: ['session_not_found', 'version_mismatch'],
      handle: async ({ c, now, app }) => {
        const expect = ifMatch(c);
        const isKnown = knownTo(c);
        const { session } = found(await sessions.find(app, pathPart(c, 5, 'id'), now));
        checkVersion(session, expect);
        return answerRead(c, session, isKnown);
      },
    }),
    operation({
      id: 'revokeSessionById',
      method: 'DELETE',
      path: `${SESSIONS}/:id`,
      scope: 'revoke',
      audits: 'session.end',
      tag: TAG,
      summary: 'End a session by its public id',
      description:
        'Ends one session whose token the caller does not have: use it for “log out this device” on a page “my devices”, or in a back office. It is safe to repeat: an id that has no session is 200 with `revoked` 0.',
      headers: ['Session-Lock', 'If-Match', 'If-None-Match'],
      query: queries.EndQuery,
      answers: { 200: { description: 'Whether there was one.', schema: shape.Revoked, example: { revoked: 1 } } },
      errors: ['version_mismatch', 'lock_lost'],
      handle: async ({ c, now, app, query: { reason } }) => {
        const session = pathPart(c, 5, 'id');
        const how = { expect: expectOf(c), lock: lockOf(c, {}), origin: originOf(c, reason) };
        const revoked = await ending(c, 'session.end', { app, session, ...(reason && { reason }) }, () =>
          sessions.revokeById(app, session, now, how),
        );
        return answer(c, JSON.stringify({ revoked }));
      },
    }),
    operation({
      id: 'revokeAllSessions',
      method: 'DELETE',
      path: SESSIONS,
      scope: 'admin',
      audits: 'app.end',
      tag: TAG,
      summary: 'End all sessions of an app',
      description:
        'Logs everybody out of an app: for an emergency, or when an app is given up. So that it does not happen by mistake, `confirm` must be the name of the app. With `dryRun=true` it ends nothing and says how many sessions it would end.',
      query: queries.RevokeAppQuery,
      answers: { 200: { description: 'How many.', schema: shape.RevokedOrCounted, example: { revoked: 1200 } } },
      errors: [],
      handle: async ({ c, now, app, query: { confirm, dryRun, reason } }) => {
        if (dryRun) {
          const count = await sessions.count(app, EVER, now);
          return answer(c, JSON.stringify({ revoked: 0, sessions: count.sessions }));
        }
        if (confirm !== app) throw unconfirmed(app);
        const revoked = await ending(c, 'app.end', { app, ...(reason && { reason }) }, () =>
          sessions.revoke(app, { by: 'app' }, now, originOf(c, reason)),
        );
        return answer(c, JSON.stringify({ revoked }));
      },
    }),
    operation({
      id: 'getActivity',
      method: 'GET',
      path: '/v1/apps/:app/activity',
      scope: 'read',
      tag: TAG,
      summary: 'Count who is active',
      description:
        'Counts how many users, and how many sessions, were active of late: for “who is online” and for dashboards. `within` is the window in seconds, 600 unless given. Sessions of guests count as sessions only.',
      query: queries.WithinQuery,
      answers: {
        200: {
          description: 'Distinct subjects, and sessions.',
          schema: shape.Counts,
          example: { subjects: 41, sessions: 57 },
        },
      },
      errors: [],
      handle: async ({ c, now, app, query: { within } }) => {
        const { subjects, sessions: count } = await sessions.count(app, milliseconds(within), now);
        return answer(c, JSON.stringify({ subjects, sessions: count }));
      },
    }),
    operation({
      id: 'getApp',
      method: 'GET',
      path: '/v1/apps/:app',
      scope: 'read',
      tag: 'overview',
      summary: 'Look at an app: its policy, and how much is in it',
      description:
        'Shows the timeouts and limits that apply to an app, and how many users and sessions it has now. Use it to check that a policy file does what you meant.',
      answers: {
        200: {
          description: 'The app.',
          schema: shape.App,
          example: { app: 'shop', policy: JSON.parse(policyJson(DEFAULT_POLICY)), subjects: 41, sessions: 57 },
        },
      },
      errors: [],
      handle: async ({ c, now, app, policy }) => {
        const { subjects, sessions: count } = await sessions.count(app, EVER, now);
        return answer(c, `{"app":"${app}","policy":${policyJson(policy)},"subjects":${subjects},"sessions":${count}}`);
      },
    }),
    operation({
      id: 'listApps',
      method: 'GET',
      path: '/v1/apps',
      scope: 'read',
      narrowsApps: true,
      tag: 'overview',
      summary: 'List the apps that this key may see',
      description:
        'Shows which apps have sessions, and how many: a first look at a server. An app without sessions is not in it.',
      answers: {
        200: {
          description: 'Those that have sessions.',
          schema: shape.Apps,
          example: { apps: [{ app: 'shop', subjects: 41, sessions: 57 }] },
        },
      },
      errors: [],
      handle: async ({ c, now }) => {
        const names = (await sessions.apps()).filter((app) => seesApp(c, app)) as AppName[];
        const apps = [];
        for (const app of names) {
          const { subjects, sessions: count } = await sessions.count(app, EVER, now);
          if (count > 0) apps.push({ app, subjects, sessions: count });
        }
        return answer(c, JSON.stringify({ apps }));
      },
    }),
  ];
}

function unconfirmed(app: AppName): ServiceError {
  const message = `confirm must be the name of the app, ${app}: this ends all of its sessions`;
  return invalid([{ in: 'query', at: 'confirm', rule: 'confirm', message }]);
}
