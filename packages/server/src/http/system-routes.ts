/**
 * Routes about the server itself. `ping` is the classic one; `livez` and `readyz` are for orchestrators, the schema of the
 * policy file is for editors.
 */
import { ServiceError } from '../core/errors.ts';
import type { Sessions } from '../core/sessions.ts';
import { answer, type Route } from './route.ts';

/** `isStopping` turns true when the server has been told to stop: from then on it is not ready. */
export function systemRoutes(sessions: Sessions, isStopping: () => boolean, configSchema: string): Route[] {
  return [
    { method: 'GET', path: '/ping', scope: null, handle: (c) => answer(c, 'PONG') },
    { method: 'GET', path: '/livez', scope: null, handle: (c) => answer(c, '{"status":"ok"}') },
    { method: 'GET', path: '/schema/config.json', scope: null, handle: (c) => answer(c, configSchema) },
    {
      method: 'GET',
      path: '/readyz',
      scope: null,
      handle: async (c) => {
        if (isStopping()) throw new ServiceError('store_unavailable', 'the server is stopping');
        await sessions.ping();
        return answer(c, '{"status":"ok"}');
      },
    },
  ];
}
