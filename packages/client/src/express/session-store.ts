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
import { InTurn } from '../framework/in-turn.ts';
import { type Opened, SharedSessions } from '../framework/shared-sessions.ts';
import type { SessionClient } from '../index.ts';
import { isId, isToken, refusedToken } from '../request-parts.ts';
import { type Callback, told } from './callbacks.ts';
import { hasEnded, idleTimeoutOf, keptOf, lastsOf } from './cookie-state.ts';
import { requestIn } from './fastify-session.ts';
import { SessionObjects } from './session-objects.ts';
import { checkStoreOptions, type FrameworkSession, type SessionStoreOptions, type Ttl } from './store-options.ts';

export type { FrameworkSession, SessionStoreOptions } from './store-options.ts';

/** Under which express-session's own state is. */
const PRIVATE_KEY = '_express';

export class RestSessionStore extends EventEmitter {
  readonly client: SessionClient;
  /** Set by express-session: makes `req.session` anew, with a new id. */
  declare generate: (req: object) => void;
  private readonly app: string;
  private readonly ttl: Ttl | undefined;
  private readonly disableTouch: boolean;
  private readonly sessions: SharedSessions<FrameworkSession>;
  private readonly objects: SessionObjects;
  private readonly saves = new InTurn();
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
    this.objects = new SessionObjects((session) => this.lasts(session));
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
      if (!hasEnded(opened.state)) return this.objects.shown(id, opened);
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
    const baseline = this.objects.baselineOf(id, session);
    // What is no session of a framework is a call by hand, which may replace what is there.
    const isBegun = typeof session.save === 'function';
    const saved =
      baseline === undefined ? this.sessions.create(wanted, isBegun) : this.sessions.update(baseline, wanted);
    this.objects.note(session, await saved);
  }

  /** Says that someone is there. The read of the same page has said so, unless the cookie is to live longer from now on. */
  touch(id: string, session: FrameworkSession, callback?: Callback): Promise<void> {
    return told(callback, async () => {
      if (this.disableTouch) return;
      const lasts = this.lasts(session);
      const state = keptOf(id, session.cookie, lasts);
      const baseline = this.objects.baselineOf(id, session);
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
        if (!hasEnded(opened.state)) found.push({ ...this.objects.shown('', opened), id: shownId(opened) });
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
    return this.objects.opened(req, read, (request) => this.generate(request));
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

/** What the request of a new session tells of the device, for the list of devices. */
function deviceOf(session: FrameworkSession) {
  const req = session.req ?? requestIn(session);
  return { ip: req?.ip ?? req?.socket?.remoteAddress, userAgent: req?.headers?.['user-agent'] };
}
