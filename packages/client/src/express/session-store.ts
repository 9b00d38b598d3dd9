/**
 * A store for express-session and @fastify/session. An unchanged page view costs one request (the read, which also slides the
 * deadline), a changed one two; what is written are the keys that changed, so parallel requests lose nothing.
 *
 * A write never brings back a session that was ended while the page ran: it is an error. A session is only ever created by the
 * first write of a page that began it.
 *
 * The id of the session is its token. It is not kept on the server in a form that could be read, so `all` and `ids` give public
 * ids, by which a session can be ended but not opened.
 */
import { EventEmitter } from 'node:events';
import { SessionNotFoundError } from '../errors.ts';
import { changesBetween, type Texts, textsOf } from '../framework/changes.ts';
import { TouchTimes } from '../framework/touch-times.ts';
import { SessionClient, type SessionClientOptions } from '../index.ts';
import type { Session } from '../types.ts';
import { type CookieState, cookieOf, idleTimeoutOf, keptOf, PRIVATE_KEY } from './cookie-state.ts';

/** A session as the frameworks have it: the data, and a cookie beside it. */
// biome-ignore lint/suspicious/noExplicitAny: what an application keeps in a session is its own
export type FrameworkSession = { cookie?: any; [key: string]: any };

export interface SessionStoreOptions extends SessionClientOptions {
  /** Gives whose session it is, from what the application keeps in it; null for nobody. Default: nobody's, or whose it is. */
  readonly subject?: (session: FrameworkSession) => string | null | undefined;
  /** For how long one read is enough to tell that someone is there. Units: seconds. Default: 30. */
  readonly touchInterval?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: the frameworks call with errors and results of their own types
type Callback = (error?: any, result?: any) => void;

/** What was read of a session, to tell what has changed since. */
interface Baseline {
  readonly token: string;
  readonly texts: Texts;
  readonly subject: string | null;
  /** Of the cookie, as JSON text. */
  readonly cookie: string;
}

/** Where @fastify/session carries the baseline: it copies what `get` gives, its cookie's options with all their members. */
const BASELINE = Symbol('baseline');

/** Of a session, what the frameworks keep in the same object as the data. */
const NOT_DATA = new Set(['cookie', PRIVATE_KEY]);

export class RestSessionStore extends EventEmitter {
  readonly client: SessionClient;
  /** Set by express-session: makes `req.session` anew, with a new id. */
  declare generate: (req: object) => void;
  private readonly app: string;
  private readonly subjectOf: NonNullable<SessionStoreOptions['subject']>;
  private readonly touches: TouchTimes;
  /** By the object that the application has. */
  private readonly baselines = new WeakMap<object, Baseline>();

  constructor({ subject = () => undefined, touchInterval, ...options }: SessionStoreOptions) {
    super();
    this.client = new SessionClient(options);
    this.app = options.app;
    this.subjectOf = subject;
    this.touches = new TouchTimes(touchInterval);
  }

  /** Reads a session. Absence: null, also for a token that opens none, or is none. */
  get(token: string, callback?: Callback): Promise<FrameworkSession | null> {
    return told(callback, async () => {
      const touch = this.touches.isDue(token);
      const session = await this.client.find(token, { touch });
      if (session === null) return null;
      if (touch) this.touches.note(token);
      return this.opened(token, session);
    });
  }

  /** Writes what has changed of a session that was read, or creates one. */
  set(token: string, session: FrameworkSession, callback?: Callback): Promise<void> {
    return told(callback, async () => {
      const idleTimeout = idleTimeoutOf(session.cookie);
      if (idleTimeout !== undefined && idleTimeout <= 0) return this.destroy(token);
      const texts = textsOf(dataOf(session));
      const cookie = JSON.stringify(keptOf(session.cookie));
      const subject = this.subjectOf(session);
      const next = { token, texts, cookie };
      const baseline = this.baselineOf(token, session);
      const saved =
        baseline === undefined
          ? await this.create(session, next, subject, idleTimeout)
          : await this.update(baseline, next, subject, idleTimeout);
      this.touches.note(token);
      this.baselines.set(session, { ...next, subject: saved });
    });
  }

  /** Says that someone is there. The read of the same page has said so, unless the cookie is to live longer from now on. */
  touch(token: string, session: FrameworkSession, callback?: Callback): Promise<void> {
    return told(callback, async () => {
      if (this.baselineOf(token, session)?.cookie === JSON.stringify(keptOf(session.cookie))) return;
      const idleTimeout = idleTimeoutOf(session.cookie);
      const news = idleTimeout === undefined ? undefined : { idleTimeout };
      await this.client.touch(token, news).catch((error) => {
        if (!(error instanceof SessionNotFoundError)) throw error;
      });
    });
  }

  /** Ends a session. One that has ended already is no error. */
  destroy(token: string, callback?: Callback): Promise<void> {
    return told(callback, async () => {
      this.touches.forget(token);
      await this.client.revoke(token);
    });
  }

  /** Gives the sessions of the app, each with its public id. */
  all(callback?: Callback): Promise<FrameworkSession[]> {
    return told(callback, async () => {
      const found: FrameworkSession[] = [];
      for await (const session of this.client.each({ limit: 1000 }))
        found.push({ ...this.opened('', session), id: session.id });
      return found;
    });
  }

  /** Gives the public ids of the sessions of the app; with a subject, of theirs. */
  ids(subject?: string | Callback, callback?: Callback): Promise<string[]> {
    const of = typeof subject === 'string' ? { subject } : {};
    return told(typeof subject === 'function' ? subject : callback, async () => {
      const ids: string[] = [];
      for await (const { id } of this.client.each({ ...of, limit: 1000 })) ids.push(id);
      return ids;
    });
  }

  /** Counts the sessions of the app. */
  length(callback?: Callback): Promise<number> {
    return told(callback, () => this.client.count());
  }

  /** Ends all sessions of the app. */
  clear(callback?: Callback): Promise<void> {
    return told(callback, async () => {
      await this.client.revokeAll(this.app);
    });
  }

  /** Logs a subject out everywhere. `except`: the public id of a session that goes on. Gives how many were ended. */
  destroySubject(subject: string, options: { readonly except?: string } = {}, callback?: Callback): Promise<number> {
    return told(callback, () => this.client.revokeSubject(subject, options));
  }

  /** Part of express-session's contract: ends the session of a request and begins another. */
  // biome-ignore lint/suspicious/noExplicitAny: the request of the framework
  regenerate(req: any, callback: Callback): void {
    this.destroy(req.sessionID, (error) => {
      this.generate(req);
      callback(error);
    });
  }

  /** Part of express-session's contract: reads a session outside of a request. */
  load(token: string, callback: Callback): void {
    this.get(token, (error, session) => {
      if (error || !session) return callback(error);
      callback(null, this.createSession({ sessionID: token, sessionStore: this }, session));
    });
  }

  /** Part of express-session's contract: makes `req.session` of what `get` gave. */
  // biome-ignore lint/suspicious/noExplicitAny: the request and the session of the framework
  createSession(req: any, read: FrameworkSession): any {
    // Its classes are had from a session that it makes: this package does not depend on it.
    const model = Object.create(req);
    this.generate(model);
    const { cookie: defaults, constructor: Session } = model.session;
    const { cookie: state, ...data } = read;
    const session = new Session(req, data);
    // A session of another stack gets the cookie that this application gives to all.
    session.cookie = state?.[FOREIGN] ? defaults : restored(Object.getPrototypeOf(defaults), state);
    // express-session compares the session at the end with this object.
    read.cookie = session.cookie;
    req.session = session;
    const baseline = this.baselines.get(read);
    if (baseline !== undefined) {
      const cookie = JSON.stringify(keptOf(session.cookie));
      this.baselines.set(session, { ...baseline, texts: shownIn(session, baseline.texts), cookie });
    }
    return session;
  }

  /** Gives what the frameworks make their session of. */
  private opened(token: string, { data, expiresAt, subject }: Session): FrameworkSession {
    const own = dataOf(data);
    const kept = data[PRIVATE_KEY];
    const cookie = cookieOf(kept, expiresAt);
    const opened: FrameworkSession = { ...own, cookie };
    const baseline = { token, texts: textsOf(own), subject, cookie: JSON.stringify(keptOf(cookie)) };
    this.baselines.set(opened, baseline);
    // @fastify/session asks a cookie for its JSON, and copies all that it gets.
    Object.defineProperty(cookie, 'toJSON', { value: () => ({ ...cookie, [BASELINE]: baseline }) });
    if (kept === undefined) Object.defineProperty(cookie, FOREIGN, { value: true });
    return opened;
  }

  private baselineOf(token: string, session: FrameworkSession): Baseline | undefined {
    const own = this.baselines.get(session) ?? baselineIn(session);
    // What @fastify/session begins after another one has the options of that one's cookie.
    return own?.token === token ? own : undefined;
  }

  /** Gives the subject that the session has now. */
  private async create(
    session: FrameworkSession,
    { token, texts, cookie }: Omit<Baseline, 'subject'>,
    subject: string | null | undefined,
    idleTimeout: number | undefined,
  ): Promise<string | null> {
    // What is no session of a framework is a call by hand, which may replace what is there.
    const isBegun = typeof session.save === 'function';
    const data = { ...parsed(texts), [PRIVATE_KEY]: JSON.parse(cookie) };
    const wanted = {
      data,
      ...(subject !== undefined && { subject }),
      ...(idleTimeout !== undefined && { idleTimeout }),
      ...deviceOf(session),
    };
    const saved = await this.client.put(token, wanted, isBegun ? { ifVersion: 'none' } : {});
    return saved.subject;
  }

  /** Gives the subject that the session has now. */
  private async update(
    baseline: Baseline,
    { token, texts, cookie }: Omit<Baseline, 'subject'>,
    subject: string | null | undefined,
    idleTimeout: number | undefined,
  ): Promise<string | null> {
    const { set, unset } = changesBetween(baseline.texts, texts);
    const hasCookie = cookie !== baseline.cookie;
    if (hasCookie) set[PRIVATE_KEY] = JSON.parse(cookie);
    const change = {
      ...(Object.keys(set).length > 0 && { set }),
      ...(unset.length > 0 && { unset }),
      ...(subject !== undefined && subject !== baseline.subject && { subject }),
      ...(hasCookie && idleTimeout !== undefined && { idleTimeout }),
    };
    if (Object.keys(change).length === 0) return baseline.subject;
    return (await this.client.patch(token, change)).subject;
  }
}

/** Marks the cookie of a session that another stack made. */
const FOREIGN = Symbol('foreign');

/** Runs a verb, and tells its outcome both ways: to the callback that express-session gives, and as a promise. */
function told<T>(callback: Callback | undefined, verb: () => Promise<T>): Promise<T> {
  const outcome = verb();
  if (callback === undefined) return outcome;
  // In a turn of its own: what a callback throws is the application's error, and must not reject this promise.
  outcome.then(
    (result) => queueMicrotask(() => callback(null, result)),
    (error) => queueMicrotask(() => callback(error)),
  );
  return outcome.catch(() => undefined as T);
}

function dataOf(session: FrameworkSession): Record<string, unknown> {
  return Object.fromEntries(Object.entries(session).filter(([key]) => !NOT_DATA.has(key)));
}

function parsed(texts: Texts): Record<string, unknown> {
  return Object.fromEntries([...texts].map(([key, text]) => [key, JSON.parse(text)]));
}

function baselineIn(session: FrameworkSession): Baseline | undefined {
  for (const key of Object.getOwnPropertySymbols(session)) {
    const options = (session as Record<symbol, unknown>)[key] as { [BASELINE]?: Baseline } | undefined;
    if (options?.[BASELINE] !== undefined) return options[BASELINE];
  }
  return undefined;
}

/** A key with the name of a method is not shown to the application; so it was not the application that removed it. */
function shownIn(session: object, texts: Texts): Texts {
  return new Map([...texts].filter(([key]) => Object.hasOwn(session, key)));
}

/** Makes a cookie of what is kept of one, as express-session's own constructor does. */
function restored(prototype: object, { expires, originalMaxAge, ...options }: CookieState): object {
  const cookie = Object.assign(Object.create(prototype), { path: '/', maxAge: null, httpOnly: true, ...options });
  if (expires != null) cookie.expires = new Date(expires);
  // After `expires`, which sets it anew.
  cookie.originalMaxAge = originalMaxAge ?? null;
  return cookie;
}

/** What the request of a new session tells of the device, for the list of devices. */
function deviceOf({ req }: FrameworkSession): { ip?: string; userAgent?: string } {
  const ip = req?.ip ?? req?.socket?.remoteAddress;
  const userAgent = req?.headers?.['user-agent'];
  return {
    ...(typeof ip === 'string' && ip !== '' && { ip }),
    ...(typeof userAgent === 'string' &&
      userAgent !== '' && { userAgent: userAgent.slice(0, LONGEST_USER_AGENT).toWellFormed() }),
  };
}

/** What the server keeps of one. Units: characters. */
const LONGEST_USER_AGENT = 2048;
