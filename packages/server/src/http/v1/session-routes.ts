/** v1: one session, by the token that the end user presents: read, changed, touched, ended. */

import type { z } from 'zod';
import { mergePatch, setUnset } from '../../core/merge.ts';
import { checkVersion } from '../../core/rules.ts';
import type { Session } from '../../core/session.ts';
import type { Sessions } from '../../core/sessions.ts';
import type { Edited } from '../../core/updates.ts';
import { checkPathSubject } from '../../core/validate.ts';
import { countMiss } from '../guards/rate-limits.ts';
import { JSON_TYPE } from '../message/body.ts';
import { originOf } from '../message/origin.ts';
import { answer } from '../message/route.ts';
import { expectOf, ifMatch, knownTo } from '../operation/conditions.ts';
import { invalid } from '../operation/faults.ts';
import type { Asked, OperationRoute, Operations } from '../operation/operation.ts';
import { membersIn } from '../operation/request-body.ts';
import { lockOf, tokenOf } from '../operation/request-head.ts';
import { PARTIAL_EXAMPLE } from './examples.ts';
import { readFields } from './fields.ts';
import * as queries from './queries.ts';
import * as shape from './schemas.ts';
import {
  answerChange,
  answerRead,
  answerSession,
  CHANGED_ANSWER,
  found,
  KNOWN_ANSWER,
  READ_MEANINGS,
  SESSION_ANSWER,
} from './session-answer.ts';
import { membersOf } from './session-members.ts';
import { clearedCookie } from './set-cookie.ts';

const MERGE_PATCH_TYPE = 'application/merge-patch+json';
const TAG = 'by-token';

export function sessionRoutes(sessions: Sessions, operation: Operations): OperationRoute[] {
  return [
    operation({
      id: 'getSession',
      method: 'GET',
      path: '/v1/apps/:app/session',
      scope: 'verify',
      tag: TAG,
      summary: 'Read the session of a token',
      description:
        'Asks whose session a token opens, and what is in it. A page makes this call first, with the token of its cookie and with `touch=true`, which says that the user is there: it slides the idle deadline and counts a read, also when the answer is 304. Without `touch=true` the call only looks and changes nothing. With `fields` it gives only the members that are named, as `GET /session/fields` does.',
      headers: ['Session-Token', 'If-Match', 'If-None-Match'],
      meanings: READ_MEANINGS,
      query: queries.ReadQuery,
      alsoTakes: ['fields'],
      answers: { 200: SESSION_ANSWER, 304: KNOWN_ANSWER },
      errors: ['session_not_found', 'version_mismatch'],
      handle: (asked) => readSession(sessions, asked),
    }),
    operation({
      id: 'getSessionFields',
      method: 'GET',
      path: '/v1/apps/:app/session/fields',
      scope: 'verify',
      tag: TAG,
      summary: 'Read some members of the session of a token',
      description:
        'Gives only the members of a session that `fields` names: for a page that needs two of them and not the whole data. It reads as `GET /session` does. The `ETag` is that of the whole session.',
      headers: ['Session-Token', 'If-Match', 'If-None-Match'],
      meanings: READ_MEANINGS,
      query: queries.FieldsQuery,
      answers: {
        200: {
          ...SESSION_ANSWER,
          description: 'The members asked for.',
          schema: shape.PartialSession,
          example: PARTIAL_EXAMPLE,
        },
        304: KNOWN_ANSWER,
      },
      errors: ['session_not_found', 'version_mismatch'],
      handle: (asked) => readSession(sessions, asked),
    }),
    operation({
      id: 'updateSession',
      method: 'PATCH',
      path: '/v1/apps/:app/session',
      scope: 'write',
      tag: TAG,
      summary: 'Change data, subject, timeouts or what is known of the device',
      description:
        'Changes some of a session and leaves the rest as it is: a page keeps something in it, such as an item of a cart. Changes that several pages make at the same time all survive. The body replaces whole members of the data with `set` and removes them with `unset`, can store null, and also takes the subject, the timeouts and what is known of the device. To change the data at any depth use `PATCH /session/data`; a body of its media type is taken here, too. Another `subject` moves the session: it gets a new id, its token stays, and the absolute timeout starts anew. At a login rotate instead, so that the token changes too. The call counts as activity: it slides the idle deadline.',
      headers: ['Session-Token', 'Session-Lock', 'If-Match', 'If-None-Match'],
      query: queries.ChangeQuery,
      bodies: {
        [JSON_TYPE]: {
          schema: shape.SetUnset,
          raw: ['set'],
          required: true,
          example: { set: { theme: 'dark' }, unset: ['cart'] },
        },
        [MERGE_PATCH_TYPE]: {
          whole: shape.MergePatch,
          required: true,
          example: { theme: 'dark', cart: null },
        },
      },
      alsoTakes: [MERGE_PATCH_TYPE],
      answers: { 200: CHANGED_ANSWER },
      errors: [
        'session_not_found',
        'version_mismatch',
        'lock_lost',
        'token_replaced',
        'data_too_large',
        'session_limit_reached',
      ],
      handle: async (request) => {
        const { c, now, app, policy, body, mediaType, members } = request;
        if (mediaType === MERGE_PATCH_TYPE) return mergeData(sessions, request);
        const token = tokenOf(c);
        const expect = expectOf(c);
        const lock = lockOf(c, request.query);
        const asked = body as z.output<typeof shape.SetUnset>;
        const origin = originOf(c, asked.reason);
        const edit = setUnsetEdit(asked, membersIn(members, 'set'));
        if (asked.subject === undefined)
          return answerChange(c, policy, await sessions.update(app, token, edit, now, expect, lock, origin));
        const subject = asked.subject === null ? null : checkPathSubject(asked.subject);
        return answerChange(
          c,
          policy,
          await sessions.bind(app, token, (session) => ({ ...edit(session), subject }), now, expect, lock, origin),
        );
      },
    }),
    operation({
      id: 'patchSessionData',
      method: 'PATCH',
      path: '/v1/apps/:app/session/data',
      scope: 'write',
      tag: TAG,
      summary: 'Change some of the data, at any depth',
      description:
        'Merges the body into the data (RFC 7396) and leaves the rest as it is: a page keeps an item in a cart. Objects are merged, `null` removes a member, everything else is replaced. Changes that several pages make at the same time all survive. For clients that always say so, the body may also be called `application/json`: it is a merge patch then, too. The call counts as activity: it slides the idle deadline.',
      headers: ['Session-Token', 'Session-Lock', 'If-Match', 'If-None-Match'],
      query: queries.ChangeQuery,
      bodies: {
        [MERGE_PATCH_TYPE]: { whole: shape.MergePatch, required: true, example: { theme: 'dark', cart: null } },
        [JSON_TYPE]: { whole: shape.MergePatch, required: true, example: { theme: 'dark', cart: null } },
      },
      alsoTakes: [JSON_TYPE],
      answers: { 200: SESSION_ANSWER },
      errors: ['session_not_found', 'version_mismatch', 'lock_lost', 'data_too_large'],
      handle: (request) => mergeData(sessions, request),
    }),
    operation({
      id: 'replaceSessionData',
      method: 'PUT',
      path: '/v1/apps/:app/session/data',
      scope: 'write',
      tag: TAG,
      summary: 'Replace the whole data',
      description:
        'Stores the body as the data of the session, in place of all that was there. It is for a page that keeps its data as one document. To change only some of it use `PATCH /session/data`, because two pages that replace everything at the same time lose what one of them wrote; with `If-Match` the second one is refused instead. The call counts as activity.',
      headers: ['Session-Token', 'Session-Lock', 'If-Match', 'If-None-Match'],
      query: queries.ChangeQuery,
      bodies: { [JSON_TYPE]: { whole: shape.SessionData, required: true, example: { cart: [] } } },
      answers: { 200: SESSION_ANSWER },
      errors: ['session_not_found', 'version_mismatch', 'lock_lost', 'data_too_large'],
      handle: async ({ c, now, app, query, text }) => {
        const replace = () => ({ data: text });
        const [expect, lock] = [expectOf(c), lockOf(c, query)];
        return answerSession(c, await sessions.update(app, tokenOf(c), replace, now, expect, lock, originOf(c)));
      },
    }),
    operation({
      id: 'touchSession',
      method: 'POST',
      path: '/v1/apps/:app/session/touch',
      scope: 'write',
      tag: TAG,
      summary: 'Slide the idle deadline',
      description:
        'Says that the user is still there, so that the session does not end for want of activity. Use it where nothing has to be read, for example from a timer of an open page. The body is optional: it can tell what is new of the device, and set another idle timeout, which is kept. The call counts no read and makes no new version (`ETag`). It does not move the absolute deadline.',
      headers: ['Session-Token', 'Session-Lock', 'If-Match', 'If-None-Match'],
      query: queries.ChangeQuery,
      bodies: { [JSON_TYPE]: { schema: shape.Touch, required: false, example: { ip: '192.168.99.23' } } },
      answers: { 200: CHANGED_ANSWER },
      errors: ['session_not_found', 'version_mismatch', 'lock_lost'],
      handle: async ({ c, now, app, policy, query, body }) => {
        const token = tokenOf(c);
        const expect = expectOf(c);
        const lock = lockOf(c, query);
        const members = membersOf(body);
        if (Object.keys(members).length === 0 && expect === undefined && lock === undefined) {
          return answerSession(c, await sessions.get(app, token, 'slide', now));
        }
        const edited: Edited = { silent: true, ...members };
        return answerChange(
          c,
          policy,
          await sessions.update(app, token, () => edited, now, expect, lock, originOf(c, body.reason)),
        );
      },
    }),
    operation({
      id: 'revokeSession',
      method: 'DELETE',
      path: '/v1/apps/:app/session',
      scope: 'revoke',
      tag: TAG,
      summary: 'End the session of a token',
      description:
        'Logs a user out: the session is gone at once, on every page. Call it with the token of the cookie, then clear the cookie: where the policy has one, `setCookie` of the answer does so. It is safe to repeat: a session that has ended already is 200 with `revoked` 0.',
      headers: ['Session-Token', 'Session-Lock', 'If-Match', 'If-None-Match'],
      meanings: {
        'Session-Token':
          'The token of the session. Send it once. A token that opens no session, whatever it looks like, ends none: 200 with `revoked` 0.',
      },
      query: queries.EndQuery,
      answers: { 200: { description: 'Whether there was one.', schema: shape.Ended, example: { revoked: 1 } } },
      errors: ['version_mismatch', 'lock_lost'],
      handle: async ({ c, now, app, policy, query: { reason } }) => {
        const how = { expect: expectOf(c), lock: lockOf(c, {}), origin: originOf(c, reason) };
        const revoked = await sessions.revokeByToken(app, tokenOf(c), now, how);
        if (revoked === 0) countMiss(c);
        return answer(c, JSON.stringify({ revoked, setCookie: clearedCookie(policy) }));
      },
    }),
  ];
}

type Read = Asked<z.output<typeof queries.ReadQuery>>;

async function readSession(sessions: Sessions, { c, now, app, query: { touch, fields } }: Read) {
  const wanted = fields === undefined ? undefined : readFields(fields);
  const token = tokenOf(c);
  const expect = ifMatch(c);
  const isKnown = knownTo(c);
  // A read that must not touch another version looks first: its condition is about what the caller has seen.
  if (touch && expect !== undefined) checkVersion(found(await sessions.get(app, token, 'look', now)).session, expect);
  const { session } = found(await sessions.get(app, token, touch ? 'read' : 'look', now));
  if (!touch) checkVersion(session, expect);
  return answerRead(c, session, isKnown, wanted);
}

async function mergeData(
  sessions: Sessions,
  { c, now, app, query, members }: Asked<z.output<typeof queries.ChangeQuery>>,
) {
  const edit = ({ data }: Session) => ({ data: mergePatch(data, members) });
  const [expect, lock] = [expectOf(c), lockOf(c, query)];
  return answerSession(c, await sessions.update(app, tokenOf(c), edit, now, expect, lock, originOf(c)));
}

function setUnsetEdit(body: z.output<typeof shape.SetUnset>, members: Asked['members']) {
  const { unset = [], set, subject } = body;
  const named = membersOf(body);
  const none = set === undefined && unset.length === 0 && subject === undefined;
  if (none && Object.keys(named).length === 0) {
    const asking = Object.keys(shape.SetUnset.shape).filter((name) => name !== 'reason');
    const message = `the body must have at least one of ${asking.join(', ')}`;
    throw invalid([{ in: 'body', at: '', rule: 'required', message }]);
  }
  return ({ data }: Session): Edited => ({
    ...(set === undefined && unset.length === 0 ? {} : { data: setUnset(data, members, unset) }),
    ...named,
  });
}
