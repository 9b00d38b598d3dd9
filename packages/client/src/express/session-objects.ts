/**
 * The objects that frameworks have of a session, and what was read of it: express-session keeps the object that it is given, and
 * @fastify/session copies it (fastify-session.ts).
 */
import { type Texts, textsOf } from '../framework/changes.ts';
import type { Baseline, Opened } from '../framework/shared-sessions.ts';
import { cookieOf, keptOf, restored } from './cookie-state.ts';
import { carriedIn, carry, withHiddenMembers } from './fastify-session.ts';
import type { FrameworkSession } from './store-options.ts';

/** Marks the cookie of a session that another stack made. */
const FOREIGN = Symbol('foreign');
/** Marks what is in the place of a cookie in a session that was saved by hand without one. */
const BARE = Symbol('bare');

export class SessionObjects {
  private readonly lasts: (session: FrameworkSession) => number | undefined;
  /** By the object that the application has. */
  private readonly baselines = new WeakMap<object, Baseline>();
  /** All data of a session, by the object that `shown` gave of it. */
  private readonly wholes = new WeakMap<object, Record<string, unknown>>();
  /** Of express-session. Absence: undefined before the first session that is read. */
  // biome-ignore lint/suspicious/noExplicitAny: the classes of the framework
  private classes: { readonly Session: any; readonly cookie: object } | undefined;

  /** `lasts`: gives how long a session lasts without activity, in seconds; undefined when the policy says. */
  constructor(lasts: (session: FrameworkSession) => number | undefined) {
    this.lasts = lasts;
  }

  /** Gives what the frameworks make their session of. */
  shown(id: string, { session, data, state }: Opened): FrameworkSession {
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
    if (cookie === undefined) {
      // Not among its keys, for there is none; but @fastify/session has to carry what was read.
      const carrier = Object.defineProperty({}, BARE, { value: true });
      carry(baseline, carrier);
      return Object.defineProperty(shown, 'cookie', { value: carrier, writable: true, configurable: true });
    }
    carry(baseline, cookie);
    if (state === undefined) Object.defineProperty(cookie, FOREIGN, { value: true });
    return shown;
  }

  /** Makes `req.session` of what `get` gave, as express-session itself does. `generate`: of express-session. */
  // biome-ignore lint/suspicious/noExplicitAny: the request and the session of the framework
  opened(req: any, read: FrameworkSession, generate: (req: object) => void): any {
    const { cookie: kept, ...shown } = read;
    const state = kept?.[BARE] ? undefined : kept;
    const whole = this.wholes.get(read);
    const isForeign = state?.[FOREIGN] === true;
    // Its classes are had from a session that it makes: this package does not depend on it.
    let made: FrameworkSession | undefined;
    if (isForeign || this.classes === undefined) {
      const model = Object.create(req);
      generate(model);
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

  /** Gives what was read of a session. Absence: undefined of one that was not read, or under another id. */
  baselineOf(id: string, session: FrameworkSession): Baseline | undefined {
    const own = this.baselines.get(session) ?? carriedIn(session);
    // What @fastify/session begins after another one has the options of that one's cookie.
    return own?.id === id ? own : undefined;
  }

  /** Notes what has been written. */
  note(session: FrameworkSession, baseline: Baseline): void {
    this.baselines.set(session, baseline);
  }
}

/** A key with the name of a member is not shown to the application; so it was not the application that removed it. */
function shownIn(session: object, texts: Texts): Texts {
  return new Map([...texts].filter(([key]) => Object.prototype.propertyIsEnumerable.call(session, key)));
}
