/** The console of a server: made and wired for serve.ts. */
import type { Access } from './access.ts';
import { consoleFile } from './assets.ts';
import { ConfigError, type ConsoleConfig } from './config.ts';
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

/** Reads who may log in, and gives what opens the console. `pool`: where several processes share their limits. Errors: ConfigError. */
export function consoleOf({ users, port }: ConsoleConfig) {
  const named = readUsers(users());
  return (access: Access, store: SessionStore, pool: Pool | null, log: Log): ConsoleOfApp =>
    openConsole(port, named, access, store, pool, log);
}

function readUsers(text: string): UserEntry[] {
  try {
    return parseUsers(text);
  } catch (error) {
    throw error instanceof KeysError ? new ConfigError(`RS_CONSOLE_USERS: ${error.message}`) : error;
  }
}

function openConsole(
  port: ConsoleConfig['port'],
  users: readonly UserEntry[],
  { keySource, wrongKeys }: Access,
  store: SessionStore,
  pool: Pool | null,
  log: Log,
): ConsoleOfApp {
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
  return { access, routes: consoleRoutes, readFile, isElsewhere: port !== null };
}
