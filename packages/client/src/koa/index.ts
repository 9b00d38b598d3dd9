/**
 * A store for koa-session (`store` of its options). An unchanged page costs one request, a changed one two; what is written are the
 * keys that changed. A session that is ended while a page runs stays ended: saving it is an error.
 *
 * With `rolling` koa-session saves on each page to move its own expiry. That is not written: the read has moved the deadline, and
 * the expiry follows from it.
 */
import { textsOf } from '../framework/changes.ts';
import { pageError } from '../framework/page-error.ts';
import { type Baseline, SharedSessions, type SharedSessionsOptions } from '../framework/shared-sessions.ts';
import type { SessionClient } from '../index.ts';
import { isToken, refusedToken } from '../request-parts.ts';

/** A session as koa-session has it: the data, and its own members with `_` in front. */
// biome-ignore lint/suspicious/noExplicitAny: what an application keeps in a session is its own
export type KoaSession = Record<string, any>;
export type KoaSessionStoreOptions = SharedSessionsOptions<KoaSession>;

/** Units: milliseconds. `session`: as long as the browser is open. */
type MaxAge = number | 'session' | undefined;

interface Details {
  // biome-ignore lint/suspicious/noExplicitAny: the context of Koa, whose types this package does not depend on
  readonly ctx?: any;
  readonly rolling?: boolean | undefined;
  readonly changed?: boolean;
}

/** Under which koa-session's own state is. */
const PRIVATE_KEY = '_koa';

/** Members of its session object: data with such a name would act on it. */
const MEMBERS = new Set([
  'isNew',
  'length',
  'populated',
  'maxAge',
  'externalKey',
  'save',
  'regenerate',
  'manuallyCommit',
  'commit',
  'toJSON',
  'inspect',
]);

export class RestKoaSessionStore {
  readonly client: SessionClient;
  private readonly sessions: SharedSessions<KoaSession>;
  /** By the context of the request. */
  private readonly baselines = new WeakMap<object, Baseline>();

  constructor(options: KoaSessionStoreOptions) {
    this.sessions = new SharedSessions(PRIVATE_KEY, options);
    this.client = this.sessions.client;
  }

  /** Reads a session. Absence: undefined. */
  async get(id: string, maxAge?: MaxAge, { ctx, rolling }: Details = {}): Promise<KoaSession | undefined> {
    if (!isToken(id)) return undefined;
    const opened = await this.sessions.read(id).catch(fail);
    if (opened === null) return undefined;
    const { session, data, state = {} } = opened;
    const own = Object.fromEntries(Object.entries(data).filter(([key]) => !key.startsWith('_') && !MEMBERS.has(key)));
    const kept = state as KoaSession;
    const { subject, idleTimeout } = session;
    if (ctx) this.baselines.set(ctx, { id, texts: textsOf(own), subject, state: JSON.stringify(kept), idleTimeout });
    if (rolling && typeof maxAge === 'number' && '_expire' in kept)
      return { ...own, ...kept, _expire: Date.now() + maxAge };
    return { ...own, ...kept };
  }

  /** Writes what has changed of a session that was read, or creates one. */
  async set(id: string, session: KoaSession, maxAge?: MaxAge, details: Details = {}): Promise<void> {
    const { ctx, changed, rolling } = details;
    const read = ctx && this.baselines.get(ctx);
    const baseline = read?.id === id ? read : undefined;
    if (baseline !== undefined && rolling && changed === false) return;
    const [state, data] = parted(session);
    // `_expire` moves with each write; what makes the cookie, and the session, last longer is `_maxAge`.
    const lasts = baseline === undefined || JSON.parse(baseline.state)._maxAge !== state._maxAge;
    const idleTimeout = lasts && typeof maxAge === 'number' ? maxAge / 1000 : undefined;
    if (!isToken(id)) throw refusedToken();
    const wanted = { id, session: data, data, state, idleTimeout, ip: ctx?.ip, userAgent: ctx?.get?.('User-Agent') };
    const saved = await (baseline === undefined
      ? this.sessions.create(wanted, ctx !== undefined)
      : this.sessions.update(baseline, wanted)
    ).catch(fail);
    if (ctx) this.baselines.set(ctx, saved);
  }

  /** Ends a session. One that has ended already is no error. */
  async destroy(id: string): Promise<void> {
    if (isToken(id)) await this.sessions.end(id).catch(fail);
  }

  /** Gives the token by which the client and other stacks open the session of an id: mostly the id itself. */
  tokenOf(id: string): string {
    return this.sessions.tokenOf(id);
  }

  /** Logs a subject out everywhere. `except`: the public id of a session that goes on. Gives how many were ended. */
  destroySubject(subject: string, options: { readonly except?: string } = {}): Promise<number> {
    return this.client.revokeSubject(subject, options);
  }
}

function fail(error: unknown): never {
  throw pageError(error);
}

/** Takes koa-session's own members out of what it saves. */
function parted(session: KoaSession): [state: KoaSession, data: KoaSession] {
  const entries = Object.entries(session);
  const isOwn = ([key]: [string, unknown]) => key.startsWith('_');
  return [Object.fromEntries(entries.filter(isOwn)), Object.fromEntries(entries.filter((entry) => !isOwn(entry)))];
}
