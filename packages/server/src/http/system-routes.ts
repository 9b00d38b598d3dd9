/**
 * Routes about the server itself. `ping` is the classic one; `livez` and `readyz` are for orchestrators, the schemas of
 * the policy file and of exported sessions are for editors and programs. `/` and `/health` are where people look first who know nothing of this server yet. Who is not
 * ready says which check has failed, and not why: everybody may ask. The log has that.
 */
import { ServiceError } from '../core/errors.ts';
import type { Sessions } from '../core/sessions.ts';
import { answer, type Handle, type Route } from './message/route.ts';

/** JSON Schemas, as text: of the policy file, of a line of an export. */
export interface Schemas {
  readonly config: string;
  readonly export: string;
}

/**
 * `isStopping` turns true when the server has been told to stop: from then on it is not ready. `isAdoptAway`: whether the Redis of
 * RS_ADOPT does not answer; the server is ready then, too, for all whose sessions are here, and says so.
 */
export function systemRoutes(
  sessions: Sessions,
  isStopping: () => boolean,
  schemas: Schemas,
  version: string,
  isAdoptAway: () => boolean = () => false,
): Route[] {
  const ready: Handle = async (c) => {
    if (isStopping()) throw new ServiceError('store_unavailable', 'the server is stopping', { check: 'stopping' });
    try {
      await sessions.ping();
    } catch (cause) {
      if (!(cause instanceof ServiceError)) throw cause;
      throw new ServiceError(cause.code, cause.message, { check: 'store', cause });
    }
    return answer(c, isAdoptAway() ? '{"status":"ok","adopt":"away"}' : '{"status":"ok"}');
  };
  return [
    { method: 'GET', path: '/', scope: null, handle: home(version) },
    { method: 'GET', path: '/ping', scope: null, handle: (c) => answer(c, 'PONG') },
    { method: 'GET', path: '/livez', scope: null, handle: (c) => answer(c, '{"status":"ok"}') },
    { method: 'GET', path: '/schema/config.json', scope: null, handle: (c) => answer(c, schemas.config) },
    { method: 'GET', path: '/schema/export.json', scope: null, handle: (c) => answer(c, schemas.export) },
    ...['/readyz', '/health', '/healthz'].map((path): Route => ({ method: 'GET', path, scope: null, handle: ready })),
  ];
}

/**
 * Leads browsers, and who asks by hand, to the page of the API; clients that ask for JSON get it. A client that says nothing of
 * what it takes gets the 404 of the predecessor: its clients probe with that.
 */
function home(version: string): Handle {
  const text = JSON.stringify({
    name: 'REST-Sessions',
    version,
    docs: '/docs',
    openapi: '/openapi.json',
    live: '/livez',
    ready: '/readyz',
  });
  return (c) => {
    const accepts = c.req.header('accept');
    if (accepts === undefined) throw new ServiceError('route_not_found', 'no route has this path; the API is at /docs');
    if (/\bjson\b/i.test(accepts) && !/\btext\/html\b/i.test(accepts)) return answer(c, text, 200, { Vary: 'Accept' });
    return answer(c, text, 302, { Location: '/docs', Vary: 'Accept' });
  };
}
