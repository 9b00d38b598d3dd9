/** v1: where tokens are given or chosen: create, create or replace, rotate. */
import type { z } from 'zod';
import { writeObject } from '../../core/json-text.ts';
import { setUnset } from '../../core/merge.ts';
import type { Policy } from '../../core/policy.ts';
import type { Draft } from '../../core/rules.ts';
import { EMPTY_DATA, type Session } from '../../core/session.ts';
import type { Created, Sessions } from '../../core/sessions.ts';
import { type AppName, checkCallerToken, checkPathSubject } from '../../core/validate.ts';
import { JSON_TYPE } from '../message/body.ts';
import { originOf } from '../message/origin.ts';
import { answer, callerOf, trace } from '../message/route.ts';
import { etag, milliseconds, sessionJson } from '../message/wire.ts';
import { expectOf, ifMatch, ifNoneMatch } from '../operation/conditions.ts';
import type { Asked, OperationRoute, Operations } from '../operation/operation.ts';
import { membersIn } from '../operation/request-body.ts';
import { lockOf, repeatableOf, tokenOf } from '../operation/request-head.ts';
import { SESSION_EXAMPLE, TOKEN_EXAMPLE } from './examples.ts';
import * as queries from './queries.ts';
import * as shape from './schemas.ts';
import { answerSession, CHANGED_ANSWER, found } from './session-answer.ts';
import { membersOf } from './session-members.ts';
import { cookieFor } from './set-cookie.ts';
import { CHOSEN_TOKEN, CHOSEN_TOKEN_TEXT } from './words.ts';

const TAG = 'by-token';

export function tokenRoutes(sessions: Sessions, operation: Operations): OperationRoute[] {
  return [
    operation({
      id: 'createSession',
      method: 'POST',
      path: '/v1/apps/:app/sessions',
      scope: 'write',
      tag: TAG,
      summary: 'Create a session',
      description:
        'Logs a user in: call it when your login has checked who they are, and put the `token` of the answer into a cookie. No other call shows the token again. Where the policy has a `cookie`, `setCookie` of the answer is the ready header. With `subject` null it is the session of a guest. Where the policy has a cap on the sessions of a user, it is applied in the same atomic step, and `revoked` of the answer names the sessions that it ended. With an `Idempotency-Key` the call can be repeated when its answer was lost: the repetition gets the same token.',
      headers: ['Idempotency-Key'],
      bodies: {
        [JSON_TYPE]: {
          schema: shape.NewSession,
          raw: ['data'],
          required: false,
          example: { subject: 'user123', ip: '192.168.99.22', label: 'Peter’s phone', data: { cart: ['book'] } },
        },
      },
      answers: {
        201: {
          description: 'The session and its token.',
          schema: shape.TokenAndSession,
          example: { token: TOKEN_EXAMPLE, session: SESSION_EXAMPLE },
          headers: ['ETag', 'Location', 'Idempotency-Replayed'],
        },
      },
      errors: [
        'session_limit_reached',
        'session_quota_reached',
        'idempotency_key_reused',
        'data_too_large',
        'session_not_found',
      ],
      handle: async ({ c, now, app, policy, body, members, text }) => {
        const draft = draftOf(app, body, membersIn(members, 'data'), policy);
        const repeatable = repeatableOf(c, callerOf(c), ['create', text]);
        const origin = originOf(c, body.reason);
        const created = await sessions.create({ ...draft, tokenKind: 'standard' }, now, repeatable, origin);
        const { session, repeated } = created;
        trace(c, session);
        return answer(c, tokenJson(policy, created), 201, {
          ETag: etag(session),
          Location: `/v1/apps/${app}/sessions/${session.id}`,
          ...(repeated && REPLAYED),
        });
      },
    }),
    operation({
      id: 'putSession',
      method: 'PUT',
      path: '/v1/apps/:app/session',
      scope: 'write',
      tag: TAG,
      summary: 'Create or replace a session under a token that the caller chose',
      description:
        'Saves a session under a token that you chose yourself. It is for the session store of a web framework, which makes its own tokens and writes the whole session at the end of each request. It replaces data, subject and timeouts. `ip`, `userAgent` and `label` stay as they are unless the body names them; null clears them. The absolute timeout counts from the login, or from the creation while nobody has logged in. With `If-Match: *` it only replaces and never creates, so a slow write cannot bring back a session that was ended meanwhile.',
      headers: ['Session-Token', 'Session-Lock', 'If-Match', 'If-None-Match'],
      query: queries.ChangeQuery,
      meanings: {
        'Session-Token': {
          description: `${CHOSEN_TOKEN} One that opens a session replaces it; one that opens none creates one.`,
          schema: { type: 'string', ...CHOSEN_TOKEN_TEXT },
        },
      },
      bodies: {
        [JSON_TYPE]: {
          schema: shape.NewSession,
          raw: ['data'],
          required: false,
          example: { subject: 'user123', data: { cart: [] } },
        },
      },
      answers: { 200: CHANGED_ANSWER, 201: { ...CHANGED_ANSWER, description: 'There was none: it was created.' } },
      errors: [
        'version_mismatch',
        'lock_lost',
        'token_replaced',
        'data_too_large',
        'session_limit_reached',
        'session_quota_reached',
      ],
      handle: async ({ c, now, app, policy, query, body, members }) => {
        const draft = draftOf(app, body, membersIn(members, 'data'), policy);
        const conditions = {
          ifMatch: ifMatch(c),
          ifNoneMatch: ifNoneMatch(c),
          lock: lockOf(c, query),
          origin: originOf(c, body.reason),
        };
        const token = tokenOf(c);
        const replaced = await sessions.replace(app, token, draft, conditions, now);
        return answerSession(c, replaced, replaced.created ? 201 : 200, cookieFor(policy, token, replaced));
      },
    }),
    operation({
      id: 'rotateSession',
      method: 'POST',
      path: '/v1/apps/:app/session/rotate',
      scope: 'write',
      tag: TAG,
      summary: 'Give the session a new token, at a login also its subject',
      description:
        'Gives a session a new token. Use it when a guest logs in, after a change of password, or from time to time, so that a token that somebody else knows is worth nothing any more. Set the cookie anew with the `token` of the answer.\n\n- At a login name the `subject`. The session then gets a new id as well, the old token ends at once, and the absolute timeout starts anew.\n- Without another `subject`, id, data and creation stay. The old token goes on working until its `grace` is over, for requests that are under way.\n- A token has one successor. Whoever rotates the old token again within its grace gets the same new token, so pages that rotate at the same time do not log each other out. Asking for another `subject` or for a `token` of your own is then 409 `token_replaced`.\n- Another `subject`, or any of the other members of the body, changes the session in the same step. That counts as activity and makes a new version (`ETag`).\n- With an `Idempotency-Key` the call can be repeated when its answer was lost: the repetition gets the same new token.',
      headers: ['Session-Token', 'Session-Lock', 'If-Match', 'If-None-Match', 'Idempotency-Key'],
      query: queries.ChangeQuery,
      bodies: {
        [JSON_TYPE]: {
          schema: shape.Rotation,
          raw: ['data'],
          required: false,
          example: { subject: 'user123', ip: '192.168.99.22', label: 'Peter’s phone' },
        },
      },
      answers: {
        200: {
          description: 'The session and its new token.',
          schema: shape.TokenAndSession,
          example: { token: TOKEN_EXAMPLE, session: SESSION_EXAMPLE },
          headers: ['ETag', 'Idempotency-Replayed'],
        },
      },
      errors: [
        'session_not_found',
        'version_mismatch',
        'lock_lost',
        'token_taken',
        'token_replaced',
        'rotation_limit_reached',
        'data_too_large',
        'session_limit_reached',
        'idempotency_key_reused',
      ],
      handle: async ({ c, now, app, policy, query, body, members, text }) => {
        const token = tokenOf(c);
        const request = {
          token: body.token === undefined ? undefined : checkCallerToken(body.token, policy),
          subject: typeof body.subject === 'string' ? checkPathSubject(body.subject) : body.subject,
          grace: body.grace === undefined ? undefined : milliseconds(body.grace),
          expect: expectOf(c),
          lock: lockOf(c, query),
          edit: editOf(body, membersIn(members, 'data')),
          origin: originOf(c, body.reason),
        };
        const repeatable = repeatableOf(c, callerOf(c), ['rotate', token, text]);
        const rotated = found(await sessions.rotate(app, token, request, now, repeatable));
        const { session, repeated } = rotated;
        trace(c, session);
        return answer(c, tokenJson(policy, rotated), 200, { ETag: etag(session), ...(repeated && REPLAYED) });
      },
    }),
  ];
}

const REPLAYED = { 'Idempotency-Replayed': 'true' };

function tokenJson(policy: Policy, given: Pick<Created, 'token' | 'session' | 'at' | 'revoked'>): string {
  const { token, session, revoked } = given;
  const ended = revoked.length === 0 ? '' : `,"revoked":${JSON.stringify(revoked)}`;
  const setCookie = cookieFor(policy, token, given);
  const cookie = setCookie === undefined ? '' : `,"setCookie":${JSON.stringify(setCookie)}`;
  return `{"token":${JSON.stringify(token)},"session":${sessionJson(session)}${ended}${cookie}}`;
}

/** Gives what a rotation changes beside. Absence: undefined when the body names nothing. */
function editOf(body: z.output<typeof shape.Rotation>, data: Asked['members']) {
  const named = membersOf(body);
  if (body.data === undefined) return Object.keys(named).length === 0 ? undefined : () => named;
  return (session: Session) => ({ ...named, data: setUnset(session.data, data, []) });
}

/** Gives what a session is to be, from a body that says so and the policy for the rest. */
function draftOf(
  app: AppName,
  body: z.output<typeof shape.NewSession>,
  members: Asked['members'],
  policy: Policy,
): Draft {
  const { subject } = body;
  const { idleTimeout, absoluteTimeout } = policy;
  return {
    app,
    subject: subject == null ? null : checkPathSubject(subject),
    ...{ idleTimeout, absoluteTimeout, ...membersOf(body) },
    data: members.size === 0 ? EMPTY_DATA : writeObject(members),
  };
}
