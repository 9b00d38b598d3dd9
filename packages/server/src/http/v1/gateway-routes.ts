/**
 * v1: the gateway: what a reverse proxy asks before it lets a visitor through (nginx auth_request, Caddy forward_auth and
 * the like; examples/gateway). It is asked with any method and any path below, and no body is read.
 *
 * The proxy copies the headers of the answer into the request of the visitor, over what that one may have put there. So each of
 * them is in every answer, empty where there is nothing to tell, and none is ever read from the request. 401 sends visitors to
 * log in. So it means one thing only: this visitor has no session.
 */
import { expiresAt } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { Sessions } from '../../core/sessions.ts';
import type { Visit } from '../../core/store.ts';
import { type AppName, checkApp } from '../../core/validate.ts';
import { countMiss } from '../guards/rate-limits.ts';
import { HEADERS, Refusal } from '../message/problem.ts';
import { type Call, type Clock, type Reply, trace } from '../message/route.ts';
import { pathPart, queryValue } from '../message/target.ts';
import { invalid } from '../operation/faults.ts';
import type { Description, OperationRoute } from '../operation/operation.ts';
import { presentedTokens } from './cookies.ts';
import { GatewayQuery } from './queries.ts';

const PATH = '/v1/apps/:app/gateway';

/** A session that was seen so short a time ago is not touched again. Units: milliseconds. */
const TOUCH_INTERVAL = 30_000;

const NO_SESSION = { 'Session-Id': '', 'Session-Subject': '', 'Session-Expires': '' } as const;

const DESCRIPTION: Description = {
  id: 'checkVisitor',
  method: 'GET',
  path: PATH,
  scope: 'verify',
  forVisitors: { always: NO_SESSION },
  tag: 'checks',
  summary: 'Let a visitor through, or not: for reverse proxies',
  description:
    'Tells a reverse proxy (nginx, Caddy, HAProxy, Traefik, Envoy) whether its visitor has a session, and whose. It can be asked with any method and with any path below it; a body is not read. The token comes from the cookie that the policy of the app names, or from `Session-Token`. Without a `cookie` in the policy it is `__Host-session`, or `session` where that is not there. Other headers that begin with `Session-` are not read: the proxy puts those of the answer in their place, and each of them is in every answer of this call (a request that is refused before it has a route, for example with 421, has none, and is no 2xx). 401 means that the visitor has no session, and nothing else: no API key or a wrong one is 403, a lost store 503. A guest has a session and an empty `Session-Subject`.',
  headers: ['Session-Token'],
  meanings: {
    'Session-Token':
      'The token of the session, for visitors without cookies. When the cookie has another one, the answer is 401.',
  },
  query: GatewayQuery,
  answers: {
    204: {
      description: 'There is a session.',
      headers: ['Session-Id', 'Session-Subject', 'Session-Expires'],
    },
  },
  errors: ['session_required'],
};

export function gatewayRoute(sessions: Sessions, clock: Clock): OperationRoute {
  return {
    method: 'ALL',
    path: `${PATH}/*`,
    scope: 'verify',
    forVisitors: { always: NO_SESSION },
    operation: DESCRIPTION,
    handle: async (c) => {
      const app = checkApp(pathPart(c, 3, 'app'));
      const { cookie } = sessions.policy(app);
      const touch = isTouch(c);
      const tokens = presentedTokens(c, cookie);
      if (tokens.size !== 1) {
        throw noSession(app, tokens.size === 0 ? 'there is no token of a session' : 'there are two different tokens');
      }
      const token = tokens.values().next().value!;
      const visit = await see(sessions, app, token, touch, clock());
      if (visit === null) {
        countMiss(c);
        throw noSession(app, 'the token opens no session');
      }
      return letThrough(c, trace(c, visit.session));
    },
  };
}

/** Looks at a session, and touches it where that is asked for and due. Absence: null. */
async function see(
  sessions: Sessions,
  app: AppName,
  token: string,
  touch: boolean,
  now: number,
): Promise<Visit | null> {
  const visit = await sessions.get(app, token, 'look', now);
  if (visit === null || !touch) return visit;
  // A session that ends sooner than the interval would end while someone is there.
  const enough = Math.min(TOUCH_INTERVAL, (visit.session.idleTimeout ?? Number.POSITIVE_INFINITY) / 2);
  return visit.idle < enough ? visit : sessions.get(app, token, 'read', now);
}

function letThrough(c: Call, session: Session): Reply {
  const deadline = expiresAt(session);
  return {
    status: 204,
    headers: {
      'Cache-Control': HEADERS['Cache-Control']!,
      'X-Content-Type-Options': HEADERS['X-Content-Type-Options']!,
      'Session-Id': session.id,
      'Session-Subject': session.subject === null ? '' : encodeURIComponent(session.subject),
      'Session-Expires': Number.isFinite(deadline) ? new Date(deadline).toISOString() : '',
      ...(isBodyWithoutUse(c) && { Connection: 'close' }),
    },
    body: null,
  };
}

/**
 * Tells whether a read announces a body. A proxy that sends the headers of its visitor and not the body would have its next
 * request taken for that body: the connection is not to be used again.
 */
function isBodyWithoutUse({ req, env }: Call): boolean {
  const length = env.incoming?.headers?.['content-length'];
  return length !== undefined && length !== '0' && (req.method === 'GET' || req.method === 'HEAD');
}

/** Tells whether the visit is to count. Below the gateway the query is the visitor's own, and may say anything. */
function isTouch(c: Call): boolean {
  const touch = queryValue(c, 'touch');
  if (touch === 'absent') return false;
  const value = typeof touch === 'object' ? touch.value : touch;
  if (value === 'true' || value === 'false') return value === 'true';
  if (c.req.path.split('/').length > PATH.split('/').length) return false;
  const rule = value === 'repeated' ? 'once' : 'enum';
  const message = rule === 'once' ? 'touch must be given once' : 'touch must be true or false';
  throw invalid([{ in: 'query', at: 'touch', rule, message }]);
}

function noSession(app: AppName, message: string): Refusal {
  return new Refusal('session_required', message, { 'WWW-Authenticate': `Session realm="${app}"` });
}
