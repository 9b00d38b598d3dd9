/** The console of a server: made and wired for serve.ts. */
import type { Access } from './access.ts';
import { consoleFile } from './assets.ts';
import { type Config, ConfigError } from './config.ts';
import { Sessions } from './core/sessions.ts';
import type { SessionStore } from './core/store.ts';
import type { ConsoleOfApp } from './http/app.ts';
import { consoleRoutes } from './http/console/console-routes.ts';
import { KeysError } from './keys/entry.ts';
import { PasswordCheck } from './keys/password.ts';
import { parseUsers, type UserEntry } from './keys/users.ts';
import type { Pool } from './limits/pool.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import type { Log } from './log/log.ts';
import { ConsoleSessions } from './logins/console-sessions.ts';
import { Logins } from './logins/logins.ts';
import { People } from './logins/people.ts';
import { CONSOLE_POLICY } from './logins/policy.ts';

/** Tries to log in with a password. A network may be a whole office; a name is one person. */
const TRIES = { address: { perSecond: 0.2, burst: 30 }, name: { perSecond: 1 / 30, burst: 10 } } as const;

/** Reads who may log in by password. Errors: ConfigError. */
export function consoleUsers({ console }: Pick<Config, 'console'>): UserEntry[] {
  try {
    return parseUsers(console?.users() ?? '');
  } catch (error) {
    throw error instanceof KeysError ? new ConfigError(`RS_CONSOLE_USERS: ${error.message}`) : error;
  }
}

/** `pool`: where several processes share their limits. Absence: null when there is no console. */
export function openConsole(
  config: Config,
  users: readonly UserEntry[],
  { keySource, wrongKeys }: Access,
  store: SessionStore,
  pool: Pool | null,
  log: Log,
): ConsoleOfApp | null {
  if (config.console === null) return null;
  const limiter = (kind: keyof typeof TRIES) => {
    const own = new RateLimiter(TRIES[kind]);
    return pool === null ? own : pool.share(`console ${kind}`, own);
  };
  const access = new Logins({
    people: new People(keySource, users),
    sessions: new ConsoleSessions(new Sessions(store, () => CONSOLE_POLICY)),
    passwords: new PasswordCheck(),
    limits: { address: limiter('address'), name: limiter('name') },
    wrongKeys,
    onExpired: (key, requestId) => log.warn({ requestId, key }, 'an API key was used that has expired'),
  });
  const readFile = (name: string) => new Uint8Array(consoleFile(name));
  return { access, routes: consoleRoutes, readFile, isElsewhere: config.console.port !== null };
}
