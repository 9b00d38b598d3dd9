/**
 * A store for express-session and @fastify/session. An unchanged page view costs one request (the read, which also slides the
 * deadline), a changed one two; what is written are the keys that changed, so parallel requests lose nothing.
 *
 * A write never brings back a session that was ended while the page ran: it is an error. A session is only ever created by the
 * first write of a page that began it.
 *
 * The id of the session is its token (framework/framework-ids.ts has the exceptions). That is not kept on the server in a form that could be
 * read, so `all` and `ids` give public ids, by which a session can be ended but not opened.
 */
import { EventEmitter } from 'node:events';
import { SessionNotFoundError } from '../errors.ts';
import { type Texts, textsOf } from '../framework/changes.ts';
import { InTurn } from '../framework/in-turn.ts';
import { type Baseline, type Opened, SharedSessions } from '../framework/shared-sessions.ts';
import type { SessionClient } from '../index.ts';
import { isId, isToken, refusedToken } from '../request-parts.ts';
import { type Callback, told } from './callbacks.ts';
import { cookieOf, hasEnded, idleTimeoutOf, keptOf, lastsOf, restored } from './cookie-state.ts';
import { carriedIn, carry, requestIn, withHiddenMembers } from './fastify-session.ts';
import { checkStoreOptions, type FrameworkSession, type SessionStoreOptions, type Ttl } from './store-options.ts';

export type { FrameworkSession, SessionStoreOptions } from './store-options.ts';

/** Under which express-session's own state is. */
const PRIVATE_KEY = '_express';

/** Marks the cookie of a session that another stack made. */
const FOREIGN = Symbol('foreign');

export class RestSessionStore extends EventEmitter {
  readonly client: SessionClient;
  /** Set by express-session: makes `req.session` anew, with a new id. */
  declare generate: (req: object) => void;
  private readonly app: string;
  private readonly ttl: Ttl | undefined;
  private readonly disableTouch: boolean;
  private readonly sessions: SharedSessions<FrameworkSession>;
  /** By the object that the application has. */
  private readonly baselines = new WeakMap<object, Baseline>();
  private readonly saves = new InTurn();
  /** All data of a session, by the object that `get` gave of it. */
  private readonly wholes = new WeakMap<object, Record<string, unknown>>();
  /** Of express-session. Absence: undefined before the first session that is read. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  private classes: { readonly Session: any; readonly cookie: object } | undefined;
  /** Whether the application's ids may be no tokens. Absence: undefined until it is asked. */
  private hasOddIds: boolean | undefined;

  /** Errors: TypeError for options that this store cannot have. */
  constructor(options: SessionStoreOptions) {
    super();
    checkStoreOptions(options);
    this.app = options.app;
    this.ttl = options.ttl;
    this.disableTouch = options.disableTouch === true;
    this.sessions = new SharedSessions(PRIVATE_KEY, options);
    this.client = this.sessions.client;
  }

  /** Gives the token by which the client and other stacks open the session of an id: mostly the id itself. */
  tokenOf(id: string): string {
    return this.sessions.tokenOf(id);
  }

  /** Reads a session. Absence: null, also for an id that opens none, or can be none. */
  get(id: string, callback?: Callback): Promise<FrameworkSession | null> {
    return told(callback, async () => {
      if (!isToken(id) && !this.makesOddIds()) return null;
      const opened = await this.sessions.read(id);
      if (opened === null) return null;
      if (!hasEnded(opened.state)) return this.shown(id, opened);
      await this.sessions.end(id);
      return null;
    });
  }

  /** Writes what has changed of a session that was read, or creates one. */
  set(id: string, session: FrameworkSession, callback?: Callback): Promise<void> {
    return told(callback, () => this.saves.do(session, () => this.save(id, session)));
  }

  private async save(id: string, session: FrameworkSession): Promise<void> {
    // Of a framework that cannot be asked what ids it makes, such a session could not be found again.
    if (!isToken(id) && !this.makesOddIds()) throw refusedToken();
    const { cookie, ...data } = session;
    const lasts = this.lasts(session);
    if ((lasts ?? 1) <= 0) {
      await this.sessions.end(id);
      return;
    }
    const kept = { state: keptOf(id, cookie, lasts), idleTimeout: idleTimeoutOf(lasts) };
    const wanted = { id, session, data, ...kept, isTimed: typeof this.ttl === 'function', ...deviceOf(session) };
    const baseline = this.baselineOf(id, session);
    // What is no session of a framework is a call by hand, which may replace what is there.
    const isBegun = typeof session.save === 'function';
    const saved =
      baseline === undefined ? this.sessions.create(wanted, isBegun) : this.sessions.update(baseline, wanted);
    this.baselines.set(session, await saved);
  }

  /** Says that someone is there. The read of the same page has said so, unless the cookie is to live longer from now on. */
  touch(id: string, session: FrameworkSession, callback?: Callback): Promise<void> {
    return told(callback, async () => {
      if (this.disableTouch) return;
      const lasts = this.lasts(session);
      const state = keptOf(id, session.cookie, lasts);
      const baseline = this.baselineOf(id, session);
      if (baseline?.state === JSON.stringify(state)) return;
      const token = this.tokenOf(id);
      const idleTimeout = idleTimeoutOf(lasts);
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

  /** Ends a session, by its id or by what `ids` gives for it. One that has ended already is no error. */
  destroy(id: string, callback?: Callback): Promise<void> {
    return told(callback, async () => {
      const isEnded = await this.sessions.end(id);
      if (!isEnded && isId(id)) await this.client.revokeById(id);
    });
  }

  /** Gives the sessions of the app, each with its id as `ids` gives it. */
  all(callback?: Callback): Promise<FrameworkSession[]> {
    return told(callback, async () => {
      const found: FrameworkSession[] = [];
      for await (const session of this.client.each({ limit: 1000 })) {
        const opened = this.sessions.opened(session);
        if (!hasEnded(opened.state)) found.push({ ...this.shown('', opened), id: shownId(opened) });
      }
      return found;
    });
  }

  /**
   * Gives the ids of the sessions of the app; with a subject, of theirs. An id that is a token is not there to be given, and would open the
   * session to all who see it: in its place is the public one.
   */
  ids(subject?: string | Callback, callback?: Callback): Promise<string[]> {
    const of = typeof subject === 'string' ? { subject } : {};
    return told(typeof subject === 'function' ? subject : callback, async () => {
      const ids: string[] = [];
      for await (const session of this.client.each({ ...of, limit: 1000 }))
        ids.push(shownId(this.sessions.opened(session)));
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
  load(id: string, callback: Callback): void {
    this.get(id, (error, session) => {
      if (error || !session) return callback(error);
      callback(null, this.createSession({ sessionID: id, sessionStore: this }, session));
    });
  }

  /** Part of express-session's contract: makes `req.session` of what `get` gave. */
  // biome-ignore lint/suspicious/noExplicitAny: the request and the session of the framework
  createSession(req: any, read: FrameworkSession): any {
    const { cookie: state, ...shown } = read;
    const whole = this.wholes.get(read);
    const isForeign = state?.[FOREIGN] === true;
    // Its classes are had from a session that it makes: this package does not depend on it.
    let made: FrameworkSession | undefined;
    if (isForeign || this.classes === undefined) {
      const model = Object.create(req);
      this.generate(model);
      made = model.session as FrameworkSession;
      this.classes = { Session: made.constructor, cookie: Object.getPrototypeOf(made.cookie) };
    }
    const { Session, cookie } = this.classes;
    const session = new Session(req, whole ?? shown);
    // A session of another stack gets the cookie that this application gives to all.
    session.cookie = isForeign ? made!.cookie : restored(cookie, state);
    // express-session compares the session at the end with this object.
    read.cookie = session.cookie;
    req.session = session;
    const baseline = this.baselines.get(read);
    if (baseline !== undefined) {
      const state = JSON.stringify(keptOf(baseline.id, session.cookie, this.lasts(session)));
      // As many as there are: `get` has hidden none.
      const texts =
        Object.keys(whole ?? shown).length === baseline.texts.size ? baseline.texts : textsOf(whole ?? shown);
      this.baselines.set(session, { ...baseline, texts: shownIn(session, texts), state });
    }
    return session;
  }

  /** Gives what the frameworks make their session of. */
  private shown(id: string, { session, data, state }: Opened): FrameworkSession {
    const { cookie: _, ...own } = data;
    const cookie = cookieOf(state, session);
    const shown: FrameworkSession = withHiddenMembers(own);
    const texts = textsOf(shown);
    this.wholes.set(shown, own);
    if (cookie !== undefined) shown.cookie = cookie;
    const { subject, idleTimeout } = session;
    const kept = JSON.stringify(keptOf(id, cookie, this.lasts(shown)));
    const baseline = { id, texts, subject, state: kept, idleTimeout };
    this.baselines.set(shown, baseline);
    if (cookie === undefined) return shown;
    carry(baseline, cookie);
    if (state === undefined) Object.defineProperty(cookie, FOREIGN, { value: true });
    return shown;
  }

  private baselineOf(id: string, session: FrameworkSession): Baseline | undefined {
    const own = this.baselines.get(session) ?? carriedIn(session);
    // What @fastify/session begins after another one has the options of that one's cookie.
    return own?.id === id ? own : undefined;
  }

  /** Gives how long a session lasts without activity. Units: seconds. Absence: undefined when the policy says. */
  private lasts(session: FrameworkSession): number | undefined {
    if (typeof this.ttl === 'function') return this.ttl(session);
    return lastsOf(session.cookie) ?? this.ttl;
  }

  /**
   * Tells whether the application makes ids that are no tokens (`genid` of express-session), by having one made. Without this, each
   * malformed cookie would cost a request.
   */
  private makesOddIds(): boolean {
    if (this.generate === undefined) return false;
    if (this.hasOddIds === undefined) {
      const request: { sessionID?: unknown } = {};
      try {
        this.generate(request);
      } catch {
        // It is made of the request: nothing is known of it.
      }
      this.hasOddIds = !isToken(request.sessionID);
    }
    return this.hasOddIds;
  }
}

/** Gives the id that the framework made, where it is kept. */
function shownId({ session, state }: Opened): string {
  const { id } = (state ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? id : session.id;
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
