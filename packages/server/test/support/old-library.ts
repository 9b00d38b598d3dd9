/** The real redis-sessions, in the versions that people have, behind one shape: 2 and 3 take callbacks, 4 gives promises. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import type { Cleanup } from './server.ts';

const FOLDER = new URL('../redis-sessions/', import.meta.url);

export const VERSIONS = [2, 3, 4] as const;
export type Version = (typeof VERSIONS)[number];

/** Whether npm has installed them (scripts/install.mjs). Absence of the reason: undefined. */
export const NOT_INSTALLED = existsSync(new URL('node_modules', FOLDER))
  ? undefined
  : 'the old libraries are not installed (packages/server/test/redis-sessions)';

/** A session as the old library tells of it. */
export interface Told {
  readonly id: string;
  readonly r: number;
  readonly w: number;
  readonly ttl: number;
  readonly idle: number;
  readonly ip: string;
  readonly no_resave?: boolean;
  readonly d?: Record<string, unknown>;
}

/** A verb of the old library. */
type Verb = (options: Record<string, unknown>) => Promise<Record<string, unknown> | null>;

export interface OldLibrary {
  readonly version: Version;
  /** Gives the token. */
  create(
    app: string,
    id: string,
    more?: { ip?: string; ttl?: number; d?: Record<string, unknown>; no_resave?: boolean },
  ): Promise<string>;
  /** Absence: null. */
  get(app: string, token: string): Promise<Told | null>;
  set(app: string, token: string, d: Record<string, unknown>): Promise<Told | null>;
  /** Give how many they ended. */
  kill(app: string, token: string): Promise<number>;
  killsoid(app: string, id: string): Promise<number>;
  killall(app: string): Promise<number>;
  soid(app: string, id: string): Promise<readonly Told[]>;
  /** Of the last seconds. */
  soapp(app: string, seconds: number): Promise<readonly Told[]>;
  activity(app: string, seconds: number): Promise<number>;
  /** Does what it does every ten minutes, and resolves when that was sent. */
  wipe(): Promise<void>;
}

/** Opens it on a port, without the wiping that it does every ten minutes. */
export function oldLibrary(cleanup: Cleanup, version: Version, port: number, namespace = 'rs'): OldLibrary {
  const required = createRequire(new URL('package.json', FOLDER))(`redis-sessions-${version}`);
  const Library = required.default ?? required;
  const made = new Library({ port, host: '127.0.0.1', namespace, wipe: 0 });
  // A connection that is lost is made again by its driver; it must not end the test.
  made.redis.on('error', () => {});
  if (version < 4) made.on('error', () => {});
  cleanup.after(() => (version < 4 ? made.redis.end(true) : made.redis.disconnect().catch(() => {})));
  const verb = (name: string): Verb =>
    version < 4 ? promisify(made[name].bind(made)) : (made[name].bind(made) as Verb);
  const [create, get, set, kill, killsoid, killall] = ['create', 'get', 'set', 'kill', 'killsoid', 'killall'].map(verb);
  const [soid, soapp, activity] = ['soid', 'soapp', 'activity'].map(verb);
  const window = (seconds: number) => (version < 4 ? { dt: seconds } : { deltaTime: seconds });
  const told = (answer: Record<string, unknown> | null) =>
    answer?.id === undefined ? null : (answer as unknown as Told);
  return {
    version,
    create: async (app, id, more = {}) =>
      String((await create!({ app, id, ip: '10.0.0.1', ttl: 7200, ...more }))!.token),
    get: async (app, token) => told(await get!({ app, token })),
    set: async (app, token, d) => told(await set!({ app, token, d })),
    kill: async (app, token) => Number((await kill!({ app, token }))!.kill),
    killsoid: async (app, id) => Number((await killsoid!({ app, id }))!.kill),
    killall: async (app) => Number((await killall!({ app }))!.kill),
    soid: async (app, id) => (await soid!({ app, id }))!.sessions as Told[],
    soapp: async (app, seconds) => (await soapp!({ app, ...window(seconds) }))!.sessions as Told[],
    activity: async (app, seconds) => Number((await activity!({ app, ...window(seconds) }))!.activity),
    wipe: async () => made._wipe(),
  };
}
