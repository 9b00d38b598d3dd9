/** v1: the lock of a session, for applications that rely on one: taken, waited for, ended. What it binds: `lockOf`. */
import type { Sessions } from '../../core/sessions.ts';
import { JSON_TYPE } from '../message/body.ts';
import { departureOf } from '../message/departure.ts';
import { HEADERS } from '../message/problem.ts';
import { answer, trace } from '../message/route.ts';
import { milliseconds, sessionJson } from '../message/wire.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';
import { lockNameOf, tokenOf } from '../operation/request-head.ts';
import { LOCK_EXAMPLE, SESSION_EXAMPLE } from './examples.ts';
import * as shape from './schemas.ts';
import { found } from './session-answer.ts';

const TAG = 'by-token';
/** Units: seconds. */
const DEFAULT_LEASE = 30;

export function lockRoutes(sessions: Sessions, operation: Operations): OperationRoute[] {
  return [
    operation({
      id: 'lockSession',
      method: 'POST',
      path: '/v1/apps/:app/session/lock',
      scope: 'write',
      tag: TAG,
      summary: 'Lock the session of a token',
      description:
        'Lets the pages of a user run one after the other, for applications that rely on it, as with the sessions of PHP. Pages that change only what they mean to change (PATCH) need no lock. The answer has the `lock` and the session as the page before left it. Name the lock in `Session-Lock` of each change, and end it with the last one (`release=true`) or with DELETE.\n\n- Who comes while another one has the lock waits its turn, for `wait` seconds; then it is 423 `session_locked`. Those who wait are served in their order, whichever server they asked.\n- A lock ends after its `lease` in any case. A change that comes later with it is refused (409 `lock_lost`) and changes nothing.\n- A lock is advice: changes without `Session-Lock` are done whoever has it.\n- A token that you chose yourself can be locked before it has a session: `session` is null then.\n- The lock belongs to the session, whichever of its tokens is shown. It ends with the session, and when a request that does not name it moves the session to another subject.',
      headers: ['Session-Token'],
      meanings: {
        'Session-Token':
          'The token of the session, or one that may be chosen for a new session (see PUT). Send it once. Any other token is 404.',
      },
      bodies: { [JSON_TYPE]: { schema: shape.Lock, required: false, example: { lease: 30, wait: 10 } } },
      answers: {
        200: {
          description: 'The lock, and the session. null: the token opens none yet.',
          schema: shape.Locked,
          example: { lock: LOCK_EXAMPLE, session: SESSION_EXAMPLE },
        },
      },
      errors: ['session_not_found', 'session_locked'],
      handle: async ({ c, now, app, body: { lease = DEFAULT_LEASE, wait = 0 } }) => {
        const token = tokenOf(c);
        const departure = departureOf(c);
        const { streams } = c.env;
        const request = {
          lease: milliseconds(lease),
          wait: milliseconds(wait),
          ...departure,
          // Who waits keeps nobody else from being served.
          onWait: () => streams?.rest(),
          onWaited: () => streams?.goOn(),
        };
        try {
          const { lock, session } = found(await sessions.lock(app, token, request, now));
          const json = session === null ? 'null' : sessionJson(trace(c, session));
          return answer(c, `{"lock":${JSON.stringify(lock)},"session":${json}}`);
        } finally {
          departure.end();
        }
      },
    }),
    operation({
      id: 'unlockSession',
      method: 'DELETE',
      path: '/v1/apps/:app/session/lock',
      scope: 'write',
      tag: TAG,
      summary: 'End the lock of a session',
      description:
        'Ends the lock, so that the next one who waits has it at once. A page that changes something last needs no call of its own: `release=true` ends the lock with the change. It is safe to repeat: a lock that does not hold any more, or is another one’s, changes nothing and is 204, too.',
      headers: ['Session-Token', 'Session-Lock'],
      required: ['Session-Lock'],
      meanings: {
        'Session-Token':
          'The token that was locked, or any other token of its session. After a login that took the lock along it is the new one. Send it once.',
        'Session-Lock': 'The `lock` that the call which locked the session gave.',
      },
      answers: { 204: { description: 'The lock does not hold any more.' } },
      errors: [],
      handle: async ({ c, now, app }) => {
        await sessions.unlock(app, tokenOf(c), lockNameOf(c), now);
        const { 'Content-Type': _noBody, ...headers } = HEADERS;
        return { status: 204, headers, body: null };
      },
    }),
  ];
}
