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
import { type Texts, textsOf } from '../framework/changes.ts';
import { InTurn } from '../framework/in-turn.ts';
import {
  type Baseline,
  type Opened,
  SharedSessions,
  type SharedSessionsOptions,
} from '../framework/shared-sessions.ts';
import type { SessionClient } from '../index.ts';
import { type Callback, told } from './callbacks.ts';
import { cookieOf, hasEnded, idleTimeoutOf, keptOf, lastsOf, restored } from './cookie-state.ts';
import { carriedIn, carry, requestIn, withHiddenMembers } from './fastify-session.ts';

/** A session as the frameworks have it: the data, and a cookie beside it. */
// biome-ignore lint/suspicious/noExplicitAny: what an application keeps in a session is its own
export type FrameworkSession = { cookie?: any; [key: string]: any };

export type SessionStoreOptions = SharedSessionsOptions<FrameworkSession>;

/** Under which express-session's own state is. */
const PRIVATE_KEY = '_express';

/** Marks the cookie of a session that another stack made. */
const FOREIGN = Symbol('foreign');

export class RestSessionStore extends EventEmitter {
  readonly client: SessionClient;
  /** Set by express-session: makes `req.session` anew, with a new id. */
  declare generate: (req: object) => void;
  private readonly app: string;
  private readonly sessions: SharedSessions<FrameworkSession>;
  /** By the object that the application has. */
  private readonly baselines = new WeakMap<object, Baseline>();
  private readonly saves = new InTurn();
  /** All data of a session, by the object that `get` gave of it. */
  private readonly wholes = new WeakMap<object, Record<string, unknown>>();

  constructor(options: SessionStoreOptions) {
    super();
    this.app = options.app;
    this.sessions = new SharedSessions(PRIVATE_KEY, options);
    this.client = this.sessions.client;
  }

  /** Reads a session. Absence: null, also for a token that opens none, or is none. */
  get(token: string, callback?: Callback): Promise<FrameworkSession | null> {
    return told(callback, async () => {
      const opened = await this.sessions.read(token);
      if (opened === null) return null;
      if (!hasEnded(opened.state)) return this.shown(token, opened);
      await this.sessions.end(token);
      return null;
    });
  }

  /** Writes what has changed of a session that was read, or creates one. */
  set(token: string, session: FrameworkSession, callback?: Callback): Promise<void> {
    return told(callback, () => this.saves.do(session, () => this.save(token, session)));
  }

  private async save(token: string, session: FrameworkSession): Promise<void> {
    const { cookie, ...data } = session;
    if ((lastsOf(cookie) ?? 1) <= 0) return this.sessions.end(token);
    const idleTimeout = idleTimeoutOf(cookie);
    const wanted = { token, session, data, state: keptOf(cookie), idleTimeout, ...deviceOf(session) };
    const baseline = this.baselineOf(token, session);
    // What is no session of a framework is a call by hand, which may replace what is there.
    const isBegun = typeof session.save === 'function';
    const saved =
      baseline === undefined ? this.sessions.create(wanted, isBegun) : this.sessions.update(baseline, wanted);
    this.baselines.set(session, await saved);
  }

  /** Says that someone is there. The read of the same page has said so, unless the cookie is to live longer from now on. */
  touch(token: string, session: FrameworkSession, callback?: Callback): Promise<void> {
    return told(callback, async () => {
      const state = keptOf(session.cookie);
      const baseline = this.baselineOf(token, session);
      if (baseline?.state === JSON.stringify(state)) return;
      const idleTimeout = idleTimeoutOf(session.cookie);
      const news = idleTimeout === undefined ? {} : { idleTimeout };
      const touching =
        baseline !== undefined && state.ends !== undefined
          ? this.client.patch(token, { ...news, set: { [PRIVATE_KEY]: state } })
          : this.client.touch(token, news);
      await touching.catch((error) => {
        if (!(error instanceof SessionNotFoundError)) throw error;
      });
    });
  }

  /** Ends a session. One that has ended already is no error. */
  destroy(token: string, callback?: Callback): Promise<void> {
    return told(callback, () => this.sessions.end(token));
  }

  /** Gives the sessions of the app, each with its public id. */
  all(callback?: Callback): Promise<FrameworkSession[]> {
    return told(callback, async () => {
      const found: FrameworkSession[] = [];
      for await (const session of this.client.each({ limit: 1000 })) {
        const opened = this.sessions.opened(session);
        if (!hasEnded(opened.state)) found.push({ ...this.shown('', opened), id: session.id });
      }
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
    const { cookie: state, ...shown } = read;
    const whole = this.wholes.get(read);
    const session = new Session(req, whole ?? shown);
    // A session of another stack gets the cookie that this application gives to all.
    session.cookie = state?.[FOREIGN] ? defaults : restored(Object.getPrototypeOf(defaults), state);
    // express-session compares the session at the end with this object.
    read.cookie = session.cookie;
    req.session = session;
    const baseline = this.baselines.get(read);
    if (baseline !== undefined) {
      const state = JSON.stringify(keptOf(session.cookie));
      this.baselines.set(session, { ...baseline, texts: shownIn(session, textsOf(whole ?? shown)), state });
    }
    return session;
  }

  /** Gives what the frameworks make their session of. */
  private shown(token: string, { session, data, state }: Opened): FrameworkSession {
    const { cookie: _, ...own } = data;
    const cookie = cookieOf(state, session);
    const shown: FrameworkSession = withHiddenMembers(own);
    const texts = textsOf(shown);
    this.wholes.set(shown, own);
    const baseline = { token, texts, subject: session.subject, state: JSON.stringify(keptOf(cookie)) };
    this.baselines.set(shown, baseline);
    if (cookie === undefined) return shown;
    shown.cookie = cookie;
    carry(baseline, cookie);
    if (state === undefined) Object.defineProperty(cookie, FOREIGN, { value: true });
    return shown;
  }

  private baselineOf(token: string, session: FrameworkSession): Baseline | undefined {
    const own = this.baselines.get(session) ?? carriedIn(session);
    // What @fastify/session begins after another one has the options of that one's cookie.
    return own?.token === token ? own : undefined;
  }
}

/** A key with the name of a member is not shown to the application; so it was not the application that removed it. */
function shownIn(session: object, texts: Texts): Texts {
  return new Map([...texts].filter(([key]) => Object.prototype.propertyIsEnumerable.call(session, key)));
}

/** What the request of a new session tells of the device, for the list of devices. */
function deviceOf(session: FrameworkSession) {
  const req = session.req ?? requestIn(session);
  return { ip: req?.ip ?? req?.socket?.remoteAddress, userAgent: req?.headers?.['user-agent'] };
}
