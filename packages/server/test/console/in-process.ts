/** The console without a socket and without a process: for what must hold for each route of the table. */
import { DEFAULT_POLICY, type Policy } from '../../src/core/policy.ts';
import type { Scope } from '../../src/core/principal.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { type AppOptions, type ConsoleOfApp, createApp, routeTable } from '../../src/http/app.ts';
import { consoleRoutes } from '../../src/http/console/console-routes.ts';
import type { KeyEntry } from '../../src/keys/entry.ts';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { PasswordCheck } from '../../src/keys/password.ts';
import { KeyRing } from '../../src/keys/ring.ts';
import { parseUsers } from '../../src/keys/users.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import { ConsoleSessions } from '../../src/logins/console-sessions.ts';
import { Logins } from '../../src/logins/logins.ts';
import { People } from '../../src/logins/people.ts';
import { CONSOLE_POLICY } from '../../src/logins/policy.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

export interface InProcess {
  readonly key: string;
  readonly entry: KeyEntry;
}

export function keyWith(name: string, scopes: readonly Scope[], apps: readonly string[] | '*' = '*'): InProcess {
  const key = newKey();
  const restrictions = { apps: apps === '*' ? ('*' as const) : new Set(apps), scopes: new Set(scopes) };
  const dates = { expiresAt: null, createdAt: null };
  return { key, entry: { name, hash: hashKey(key), certificate: null, ...restrictions, ...dates } };
}

interface Settings {
  readonly readFile?: ConsoleOfApp['readFile'];
  readonly users?: string;
  readonly passwords?: PasswordCheck;
  readonly clock?: () => number;
  /** Of tries to log in by password. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  /** Of all apps. */
  readonly policy?: Partial<Policy>;
  readonly more?: Partial<AppOptions>;
}

/** Makes an app with the console on it, over a store of its own. */
export function appWith(keys: readonly InProcess[], settings: Settings = {}) {
  const clock = settings.clock ?? Date.now;
  const store = new MemoryStore({ clock });
  const ring = new KeyRing(keys.map(({ entry }) => entry));
  const rate = settings.rate ?? { perSecond: 1000, burst: 1000 };
  const access = new Logins({
    people: new People(keys.length === 0 ? null : ring, parseUsers(settings.users ?? '')),
    sessions: new ConsoleSessions(new Sessions(store, () => CONSOLE_POLICY)),
    passwords: settings.passwords ?? new PasswordCheck(),
    limits: { address: new RateLimiter(rate), name: new RateLimiter(rate) },
    wrongKeys: null,
    onExpired: () => {},
  });
  const none: ConsoleOfApp['readFile'] = () => {
    throw new Error('there are no files');
  };
  const options: AppOptions = {
    sessions: new Sessions(store, () => ({ ...DEFAULT_POLICY, ...settings.policy })),
    clock,
    isStopping: () => false,
    ...(keys.length > 0 && { authenticate: (presented, now) => ring.verify(presented, now, () => {}) }),
    console: { access, routes: consoleRoutes, readFile: settings.readFile ?? none, isElsewhere: false },
    onFault: () => {},
    ...settings.more,
  };
  const app = createApp(options);

  /** Logs in, and gives what asks as the console's own page. */
  const login = async (credentials: object) => {
    const first = await ask('POST', '/console/login', credentials);
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    return (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      ask(method, path, body, { Cookie: cookie, ...headers });
  };
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const type =
      text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': `${Buffer.byteLength(text)}` };
    const sent = { Host: '127.0.0.1', 'Sec-Fetch-Site': 'same-origin', ...type, ...headers };
    const init = { method, headers: sent, ...(text !== undefined && { body: text }) };
    const answer = await app.request(`http://127.0.0.1${path}`, init, {});
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return { app, options, store, routes: routeTable(options), login, ask };
}
