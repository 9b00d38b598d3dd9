/**
 * How the class is set up. An application moves by one line, so what the line leaves in place still names a Redis: `port`, `host`,
 * `options`, `client`. Where the server is comes from `url` or from the environment, and then these are of no use. Without it they are
 * refused: sessions that someone keeps in a certain Redis must not go somewhere else unseen.
 *
 * A namespace parts applications that share a Redis. One server here has one, whatever its name, so two namespaces on one server would
 * see and end each other's sessions. Another one than the default must therefore be said twice: SESSIONS_NAMESPACE says that the
 * server is for it.
 */
import { SessionConfigurationError } from '../errors.ts';
import { type Settings, settingsOf } from '../options.ts';
import type { RedisSessionsOptions } from './shapes.ts';

export interface Setup {
  /** Those of the server; the app is that of each call. */
  readonly settings: Settings;
  /** Units: milliseconds. 0: nothing is kept. */
  readonly cacheTime: number;
  readonly cacheMax: number;
}

const LOOPBACK = 'http://127.0.0.1:3000';
const NAMESPACE = 'rs';
const CACHE_MAX = 5000;
const OF_REDIS = ['client', 'host', 'port', 'options'] as const;
/** Any name: `app` is an option of each call here. */
const NO_APP = 'redis-sessions';

/** Gives the set-up. Errors: SessionConfigurationError, with the option that is wrong and what to do. */
export function setupOf(
  given: RedisSessionsOptions | null | undefined,
  env: Record<string, string | undefined>,
): Setup {
  const options = given ?? {};
  const { namespace, fetch, key = env.SESSIONS_KEY || undefined } = options;
  const timeout = options.timeout ?? (env.SESSIONS_TIMEOUT ? Number(env.SESSIONS_TIMEOUT) : undefined);
  const url = options.url ?? (env.SESSIONS_URL || undefined);
  if (url === undefined) refuseRedis(options);
  checkNamespace(namespace || NAMESPACE, env.SESSIONS_NAMESPACE || NAMESPACE);
  return {
    settings: settingsOf({ url: url ?? LOOPBACK, key, timeout, fetch, app: NO_APP }),
    cacheTime: 1000 * atLeast(0, options.cachetime, 0),
    cacheMax: atLeast(1, options.cachemax, CACHE_MAX),
  };
}

function refuseRedis(options: RedisSessionsOptions): void {
  const found = OF_REDIS.find((name) => options[name] !== undefined && options[name] !== null);
  if (found === undefined) return;
  throw new SessionConfigurationError(
    'wrong_url',
    `${found} is that of a Redis, and sessions are kept by a REST-Sessions server: say where it is, with the option url or in SESSIONS_URL`,
  );
}

function checkNamespace(namespace: string, served: string): void {
  if (namespace === served) return;
  throw new SessionConfigurationError(
    'wrong_namespace',
    `namespace is ${JSON.stringify(namespace)}, and the server is for ${JSON.stringify(served)}: if it keeps the sessions of this namespace alone, say so with SESSIONS_NAMESPACE=${namespace}; each namespace needs a server (or apps) of its own`,
  );
}

/** Gives a whole number that came as the library takes it: a number or its text. Anything else is the default. */
function atLeast(least: number, given: unknown, otherwise: number): number {
  const number = Number.parseInt(String(given), 10);
  return number >= least ? number : otherwise;
}
