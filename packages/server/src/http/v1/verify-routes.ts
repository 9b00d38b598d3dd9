/** v1: for gateways: many tokens in one call, and token introspection (RFC 7662). Looking is no touch unless asked for. */
import { expiresAt } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { Sessions } from '../../core/sessions.ts';
import { type AppName, checkApp } from '../../core/validate.ts';
import { seesApp } from '../guards/auth.ts';
import { countMiss } from '../guards/rate-limits.ts';
import { JSON_TYPE } from '../message/body.ts';
import { answer, trace } from '../message/route.ts';
import { sessionJson } from '../message/wire.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';
import { FORM_TYPE } from '../operation/request-body.ts';
import { SESSION_EXAMPLE, TOKEN_EXAMPLE } from './examples.ts';
import * as shape from './schemas.ts';

const TAG = 'checks';
const INACTIVE = '{"active":false}';

export function verifyRoutes(sessions: Sessions, operation: Operations): OperationRoute[] {
  return [
    operation({
      id: 'verifySessions',
      method: 'POST',
      path: '/v1/apps/:app/sessions:verify',
      scope: 'verify',
      tag: TAG,
      summary: 'Check up to 500 tokens in one call',
      description:
        'Tells for each of many tokens whether it opens a session, and which. It is for a gateway that checks many users at once. The results come in the order of the tokens. Checking is no activity, unless `touch` is true.',
      bodies: { [JSON_TYPE]: { schema: shape.Tokens, required: true, example: { tokens: [TOKEN_EXAMPLE] } } },
      answers: {
        200: {
          description: 'A result for each token, in their order.',
          schema: shape.Verified,
          example: { results: [{ active: true, session: SESSION_EXAMPLE }] },
        },
      },
      errors: [],
      handle: async ({ c, now, app, body: { tokens, touch } }) => {
        const visits = await sessions.getMany(app, tokens, touch ? 'read' : 'look', now);
        let results = '';
        for (const visit of visits) {
          if (results !== '') results += ',';
          if (visit !== null) results += `{"active":true,"session":${sessionJson(visit.session)}}`;
          else {
            countMiss(c);
            results += INACTIVE;
          }
        }
        return answer(c, `{"results":[${results}]}`);
      },
    }),
    operation({
      id: 'introspect',
      method: 'POST',
      path: '/v1/introspect',
      scope: 'verify',
      narrowsApps: true,
      tag: TAG,
      summary: 'Introspect a token (RFC 7662)',
      description:
        'Tells whether a token is active and for whom, in the form of OAuth. It is for a gateway or a library that speaks RFC 7662; others read more with the calls above. Name the `app` where you know it: without it the server looks in all apps that this key may see, one after the other. Asking is no activity.',
      bodies: {
        [FORM_TYPE]: { schema: shape.IntrospectionRequest, required: true, example: { token: TOKEN_EXAMPLE } },
      },
      answers: {
        200: {
          description: 'Whether it is active, and for whom.',
          schema: shape.Introspection,
          example: {
            active: true,
            sub: 'user123',
            exp: 1795518300,
            iat: 1795510800,
            sid: SESSION_EXAMPLE.id,
            app: 'shop',
          },
        },
      },
      errors: [],
      handle: async ({ c, now, body: { token, app } }) => {
        const apps = app === undefined ? ((await sessions.apps()) as AppName[]) : [checkApp(app)];
        for (const name of apps.filter((candidate) => seesApp(c, candidate) && sessions.serves(candidate))) {
          const visit = await sessions.get(name, token, 'look', now);
          if (visit !== null) return answer(c, introspection(trace(c, visit.session)));
        }
        countMiss(c);
        return answer(c, INACTIVE);
      },
    }),
  ];
}

function introspection(session: Session): string {
  const { id, app, subject, createdAt } = session;
  const deadline = expiresAt(session);
  return JSON.stringify({
    active: true,
    ...(subject !== null && { sub: subject }),
    ...(Number.isFinite(deadline) && { exp: Math.floor(deadline / 1000) }),
    iat: Math.floor(createdAt / 1000),
    sid: id,
    app,
  });
}
