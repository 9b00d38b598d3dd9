/** The real redis-sessions 2, 3 and 4, each with the same promises. Installed from a lockfile of its own (test/redis-sessions). */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Cleanup } from './server.ts';

const FOLDER = new URL('../redis-sessions/', import.meta.url);
const load = createRequire(new URL('package.json', FOLDER));

export const VERSIONS = [2, 3, 4] as const;
export type Version = (typeof VERSIONS)[number];

/** Why tests of the old libraries do not run. Absence: false. */
export const WITHOUT_OLD_LIBRARIES = existsSync(new URL('node_modules/redis-sessions-4', FOLDER))
  ? false
  : 'the old libraries are not installed (packages/server/test/redis-sessions)';

export interface OldSession {
  readonly id?: string;
  readonly r?: number;
  readonly w?: number;
  readonly ttl?: number;
  readonly idle?: number;
  readonly ip?: string;
  readonly d?: Readonly<Record<string, unknown>>;
  readonly no_resave?: boolean;
}

export interface OldDraft {
  readonly app: string;
  readonly id: string;
  readonly ip?: string;
  readonly ttl?: number;
  readonly d?: Readonly<Record<string, unknown>>;
  readonly no_resave?: boolean;
}

/** Its class, with callbacks (2, 3) or promises (4). */
// biome-ignore lint/suspicious/noExplicitAny: three versions of a library without types of one shape
type Library = any;

export class OldLibrary {
  readonly version: Version;
  private readonly library: Library;

  constructor(cleanup: Cleanup, version: Version, port: number, options: Readonly<Record<string, unknown>> = {}) {
    this.version = version;
    const loaded = load(`redis-sessions-${version}`);
    const Sessions = version === 4 ? loaded.default : loaded;
    this.library = new Sessions({ port, host: '127.0.0.1', namespace: 'rs', wipe: 0, ...options });
    cleanup.after(() => this.library.quit());
  }

  async create({ app, id, ip = '192.0.2.1', ttl = 7200, d, no_resave }: OldDraft): Promise<string> {
    // It writes to what it is given.
    const draft = { app, id, ip, ttl, ...(d && { d: { ...d } }), ...(no_resave && { no_resave }) };
    return ((await this.call('create', draft)) as { token: string }).token;
  }

  /** Absence: {}, in all versions. */
  async get(app: string, token: string): Promise<OldSession> {
    return ((await this.call('get', { app, token })) as OldSession | null) ?? {};
  }

  async set(app: string, token: string, d: Readonly<Record<string, unknown>>): Promise<OldSession> {
    return ((await this.call('set', { app, token, d: { ...d } })) as OldSession | null) ?? {};
  }

  async kill(app: string, token: string): Promise<number> {
    return ((await this.call('kill', { app, token })) as { kill: number }).kill;
  }

  async soid(app: string, id: string): Promise<OldSession[]> {
    return ((await this.call('soid', { app, id })) as { sessions: OldSession[] }).sessions;
  }

  async soapp(app: string, seconds: number): Promise<OldSession[]> {
    return ((await this.call('soapp', { app, ...this.window(seconds) })) as { sessions: OldSession[] }).sessions;
  }

  async activity(app: string, seconds: number): Promise<number> {
    return ((await this.call('activity', { app, ...this.window(seconds) })) as { activity: number }).activity;
  }

  /** Does what it does every ten minutes, and resolves when that was sent. */
  async wipe(): Promise<void> {
    await this.library._wipe();
  }

  private window(seconds: number): Readonly<Record<string, number>> {
    return this.version === 4 ? { deltaTime: seconds } : { dt: seconds };
  }

  private call(method: string, options: object): Promise<unknown> {
    if (this.version === 4) return this.library[method](options);
    return new Promise((resolve, reject) => {
      this.library[method](options, (error: unknown, answer: unknown) => (error ? reject(error) : resolve(answer)));
    });
  }
}
