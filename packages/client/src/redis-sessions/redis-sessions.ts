/**
 * The class of the npm package redis-sessions, over HTTP: code that embeds it moves by the line that names the package. One class has
 * both manners, since a call shows which it is meant in. With a callback it is that of versions 2 and 3 (`dt`, `{}` where there is no
 * session, refusals told before the call returns), without one that of version 4 (`deltaTime`, null, promises).
 *
 * It deliberately does not copy what the library does wrong: updates that are lost between processes, sessions that come back
 * after their end, reads of a `no_resave` session that shorten it, options that are written into. docs/platforms/redis-sessions.md has
 * the list.
 */
import { EventEmitter } from 'node:events';
import { ClassicCalls, type Look } from './classic-calls.ts';
import { InFlight } from './in-flight.ts';
import { Link } from './link.ts';
import { setupOf } from './options.ts';
import { SessionCache } from './session-cache.ts';
import type * as shapes from './shapes.ts';
import type { Callback, Found, Session, Values } from './shapes.ts';
import { dataOf, libraryError, type Style, textOf, ttlOf, windowOf } from './validation.ts';

/** Connections of one object at most; the library has one, on which all calls wait for each other. */
const IN_FLIGHT = 16;
const REFUSALS = new Set(['missingParameter', 'invalidFormat', 'invalidValue']);
const METHODS = [
  ...(['create', 'get', 'set', 'kill', 'killall', 'killsoid'] as const),
  ...(['activity', 'soapp', 'soid', 'ping', 'quit'] as const),
];

export class RedisSessions<SessionData extends Values = Values> extends EventEmitter {
  // Not to be seen by whoever prints the object: the settings have the key, and the cache has tokens.
  readonly #calls: ClassicCalls;
  readonly #cache: SessionCache<Session<SessionData>>;
  readonly #link: Link;

  /** Errors: SessionConfigurationError for options that make no sense here; see options.ts. */
  constructor(options?: shapes.RedisSessionsOptions | null) {
    super();
    const { settings, cacheTime, cacheMax } = setupOf(options, process.env);
    this.#calls = new ClassicCalls(settings, new InFlight(IN_FLIGHT));
    this.#cache = new SessionCache(cacheTime, cacheMax);
    this.#link = new Link(
      () => this.#calls.home(),
      (event) => this.emit(event),
    );
    // As in 2 and 3: `async.map(tokens, sessions.get, …)`.
    for (const name of METHODS)
      Object.defineProperty(this, name, { value: this[name].bind(this), writable: true, configurable: true });
    this.#link.ready().catch(() => {});
  }

  /** Whether the server was there when it was asked last. */
  get connected(): boolean {
    return this.#link.isThere;
  }

  /** Errors: always. Code that takes the client of the library out of it needs another place for what it keeps there. */
  get redis(): never {
    throw new TypeError(
      'there is no Redis client here: sessions are kept by a REST-Sessions server, which is asked over HTTP',
    );
  }

  /** Logs someone in. Put the token into a cookie. */
  create(options: shapes.Creation<SessionData>): Promise<{ token: string }>;
  create(options: shapes.Creation<SessionData>, callback: Callback<{ token: string }>): void;
  create(options: shapes.Creation<SessionData>, callback?: Callback<{ token: string }>) {
    return this.#answer(callback, (style) => {
      const d = options.d || undefined;
      const app = textOf(options, 'app');
      const id = encodeURIComponent(textOf(options, 'id'));
      const ip = encodeURIComponent(textOf(options, 'ip'));
      const ttl = ttlOf(options);
      const text = d === undefined ? {} : { text: dataOf({ d }, style) };
      const fixed = options.no_resave === true && { headers: { 'Session-No-Resave': 'true' } };
      const path = `create/${id}?ip=${ip}&ttl=${ttl}`;
      return async () => {
        const { token } = await this.#calls.send(app, { method: 'PUT', path, answerHas: 'token', ...text, ...fixed });
        return { token: String(token) };
      };
    });
  }

  /** Reads a session, counts that, and lengthens it. Absence: null; `{}` with a callback. */
  get(options: shapes.Read): Promise<Session<SessionData> | null>;
  get(options: shapes.Read, callback: Callback<Found<SessionData>>): void;
  get(options: shapes.Read, callback?: Callback<Found<SessionData>>) {
    return this.#answer(callback, () => {
      const app = textOf(options, 'app');
      const token = textOf(options, 'token');
      const { _noupdate, _nocache } = options;
      return () => this.#read(app, token, Boolean(_noupdate), Boolean(_nocache));
    });
  }

  /** Changes some of the data, and lengthens the session. Absence: null; `{}` with a callback. */
  set(options: shapes.Change<SessionData>): Promise<Session<SessionData> | null>;
  set(options: shapes.Change<SessionData>, callback: Callback<Found<SessionData>>): void;
  set(options: shapes.Change<SessionData>, callback?: Callback<Found<SessionData>>) {
    return this.#answer(callback, (style) => {
      const app = textOf(options, 'app');
      const token = textOf(options, 'token');
      const text = dataOf(options, style);
      return async () => {
        this.#cache.delete(app, token);
        const body = await this.#calls.send(app, { method: 'POST', path: `set/${token}`, answerHas: 'id', text });
        return sessionOf<SessionData>(body);
      };
    });
  }

  /** Logs out. `kill` is 1, or 0 where there was no session. */
  kill(options: shapes.OfToken): Promise<{ kill: number }>;
  kill(options: shapes.OfToken, callback: Callback<{ kill: number }>): void;
  kill(options: shapes.OfToken, callback?: Callback<{ kill: number }>) {
    return this.#answer(callback, () => {
      const app = textOf(options, 'app');
      const token = textOf(options, 'token');
      return () => {
        this.#cache.delete(app, token);
        return this.#ended(app, `kill/${token}`);
      };
    });
  }

  /** Logs everyone out of an app. */
  killall(options: shapes.OfApp): Promise<{ kill: number }>;
  killall(options: shapes.OfApp, callback: Callback<{ kill: number }>): void;
  killall(options: shapes.OfApp, callback?: Callback<{ kill: number }>) {
    return this.#answer(callback, () => {
      const app = textOf(options, 'app');
      return () => this.#ended(app, 'killall');
    });
  }

  /** Logs an id out everywhere. */
  killsoid(options: shapes.OfId): Promise<{ kill: number }>;
  killsoid(options: shapes.OfId, callback: Callback<{ kill: number }>): void;
  killsoid(options: shapes.OfId, callback?: Callback<{ kill: number }>) {
    return this.#answer(callback, () => {
      const app = textOf(options, 'app');
      const id = encodeURIComponent(textOf(options, 'id'));
      return () => this.#ended(app, `killsoid/${id}`);
    });
  }

  /** Counts the ids, not the sessions, that were active of late and are logged in. */
  activity(options: shapes.DeltaTime): Promise<{ activity: number }>;
  activity(options: shapes.Within, callback: Callback<{ activity: number }>): void;
  activity(options: shapes.DeltaTime | shapes.Within, callback?: Callback<{ activity: number }>) {
    return this.#answer(callback, (style) => {
      const app = textOf(options, 'app');
      const path = `activity?dt=${windowOf(options, style)}`;
      return async () => {
        const { activity } = await this.#calls.send(app, { method: 'GET', path, answerHas: 'activity' });
        return { activity: Number(activity) };
      };
    });
  }

  /** Lists the sessions of an app that were active of late, the latest first. */
  soapp(options: shapes.DeltaTime): Promise<{ sessions: Session<SessionData>[] }>;
  soapp(options: shapes.Within, callback: Callback<{ sessions: Session<SessionData>[] }>): void;
  soapp(options: shapes.DeltaTime | shapes.Within, callback?: Callback<{ sessions: Session<SessionData>[] }>) {
    return this.#answer(callback, (style) => {
      const app = textOf(options, 'app');
      const path = `soapp?dt=${windowOf(options, style)}`;
      return () => this.#listed(app, path);
    });
  }

  /** Lists the sessions of an id. */
  soid(options: shapes.OfId): Promise<{ sessions: Session<SessionData>[] }>;
  soid(options: shapes.OfId, callback: Callback<{ sessions: Session<SessionData>[] }>): void;
  soid(options: shapes.OfId, callback?: Callback<{ sessions: Session<SessionData>[] }>) {
    return this.#answer(callback, () => {
      const app = textOf(options, 'app');
      const path = `soid/${encodeURIComponent(textOf(options, 'id'))}`;
      return () => this.#listed(app, path);
    });
  }

  /** Asks whether the server is there. */
  ping(): Promise<string>;
  ping(callback: Callback<string>): void;
  ping(callback?: Callback<string>) {
    return this.#answer<string>(callback, () => () => this.#calls.ping());
  }

  /** Ends the object: each call after it fails. The process may end without it, too. */
  quit(): Promise<void> {
    this.#link.end();
    this.#cache.clear();
    return Promise.resolve();
  }

  /** Runs a call in the manner it is made in. `begin` checks the options, and gives what asks the server. */
  #answer<T>(callback: Callback<never> | undefined, begin: (style: Style) => () => Promise<T>): Promise<T> | undefined {
    if (typeof callback !== 'function') return Promise.resolve().then(() => this.#ask(begin('promise'), 'promise'));
    const tell = callback as unknown as (...outcome: unknown[]) => void;
    let ask: () => Promise<T>;
    try {
      ask = begin('callback');
    } catch (error) {
      if (!REFUSALS.has((error as Error | null)?.name ?? '')) throw error;
      tell(error);
      return undefined;
    }
    // In a turn of its own: what a callback throws is the application's error, and no promise rejects of it.
    this.#ask(ask, 'callback').then(
      (result) => process.nextTick(tell, null, result ?? {}),
      (error) => process.nextTick(tell, error),
    );
    return undefined;
  }

  async #ask<T>(ask: () => Promise<T>, style: Style): Promise<T> {
    if (this.#link.isEnded) throw closed(style);
    await this.#link.ready();
    try {
      return await ask();
    } catch (error) {
      this.#link.failed(error);
      throw error;
    }
  }

  async #read(app: string, token: string, look: boolean, anew: boolean): Promise<Session<SessionData> | null> {
    const cached = anew ? undefined : this.#cache.get(app, token);
    if (cached !== undefined && (await this.#calls.look(app, token, cached.w)) === 'unchanged') return cached;
    this.#cache.delete(app, token);
    if (look) return lookedAt<SessionData>(await this.#calls.look(app, token));
    const body = await this.#calls.send(app, { method: 'GET', path: `get/${token}`, answerHas: 'id' });
    const session = sessionOf<SessionData>(body);
    if (session !== null) this.#cache.set(app, token, session);
    return session;
  }

  async #ended(app: string, path: string): Promise<{ kill: number }> {
    const { kill } = await this.#calls.send(app, { method: 'DELETE', path, answerHas: 'kill' });
    return { kill: Number(kill) };
  }

  async #listed(app: string, path: string): Promise<{ sessions: Session<SessionData>[] }> {
    const { sessions } = await this.#calls.send(app, { method: 'GET', path, answerHas: 'sessions' });
    return { sessions: sessions as Session<SessionData>[] };
  }
}

/** Absence: null for `{}`. */
function sessionOf<D extends Values>(body: Record<string, unknown>): Session<D> | null {
  return 'id' in body ? (body as Session<D>) : null;
}

/** Gives a session of v1 in the form of the library. */
function lookedAt<D extends Values>(look: Look | 'unchanged' | null): Session<D> | null {
  if (look === null || look === 'unchanged') return null;
  const { session, now } = look;
  const { subject, idleTimeout, absoluteExpiresAt, lastSeenAt, createdAt, authenticatedAt } = session;
  const end = absoluteExpiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(absoluteExpiresAt);
  const fixed = idleTimeout !== null && end - Date.parse(authenticatedAt ?? createdAt) <= 1000 * idleTimeout;
  return {
    id: subject,
    r: session.reads,
    w: session.version,
    ttl: fixed ? Math.ceil((end - now) / 1000) : idleTimeout,
    idle: Math.max(0, Math.floor((now - Date.parse(lastSeenAt)) / 1000)),
    ip: session.ip,
    ...(fixed && { no_resave: true }),
    ...(Object.keys(session.data).length > 0 && { d: session.data }),
  } as Session<D>;
}

/** As the Redis clients of the library say it after `quit`. */
function closed(style: Style): Error {
  if (style === 'promise') return new Error('The client is closed');
  return Object.assign(libraryError('AbortError', 'The connection is already closed.'), { code: 'NR_CLOSED' });
}
