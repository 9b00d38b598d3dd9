/**
 * Sessions as the session layer of a framework reads and writes them: under tokens that the framework makes, with state of its
 * own (`_express`, `_koa`) beside the application's data. The rules that hold for each of them are here: an unchanged page costs one
 * request; a write is the keys that changed; it never creates what was read, and never brings back what was ended.
 */

import { SessionNotFoundError } from '../errors.ts';
import { SessionClient, type SessionClientOptions } from '../index.ts';
import type { Session } from '../types.ts';
import { changesBetween, type Texts, textsOf } from './changes.ts';
import { type Device, takenOf } from './device.ts';
import { FrameworkIds } from './framework-ids.ts';
import { OwnNames } from './own-names.ts';
import { TouchTimes } from './touch-times.ts';

export interface SharedSessionsOptions<S> extends SessionClientOptions {
  /** Gives whose session it is, from what the application keeps in it; null for nobody. Default: nobody's, or whose it is. */
  readonly subject?: ((session: S) => string | null | undefined) | undefined;
  /** For how long one read is enough to tell that someone is there. Units: seconds. Default: 30. */
  readonly touchInterval?: number | undefined;
  /** Whether a read says nothing of someone being there: then only writes move the deadline. Default: false. */
  readonly disableTouch?: boolean | undefined;
  /** Goes into the tokens of ids that the server would not take as they are. The same for all processes, and for ever. Default: none. */
  readonly idSecret?: string | undefined;
}

/** What was read of a session, to tell what has changed since. */
export interface Baseline {
  /** As the framework made it. */
  readonly id: string;
  /** Of the application's data, by its names: only keys that the framework shows to it. */
  readonly texts: Texts;
  readonly subject: string | null;
  /** The framework's own state, as JSON text. */
  readonly state: string;
  /** Units: seconds. Absence: null for a session without one. */
  readonly idleTimeout: number | null;
}

/** A session that was read. */
export interface Opened {
  readonly session: Session;
  /** The application's data, without what frameworks keep. */
  readonly data: Record<string, unknown>;
  /** The framework's own. Absence: undefined in a session that another stack made. */
  readonly state: unknown;
}

/** What a session is to be. */
export interface Wanted<S> extends Device {
  /** As the framework made it. */
  readonly id: string;
  /** As the application has it, for `subject`. */
  readonly session: S;
  readonly data: object;
  /** The framework's own. */
  readonly state: object;
  /** Units: seconds. Absence: undefined when the policy says. */
  readonly idleTimeout?: number | undefined;
  /** Whether the application itself says how long the session lasts, and not its cookie. Default: false. */
  readonly isTimed?: boolean;
}

/** Tokens of ended sessions that are remembered. */
const MOST_ENDED = 10_000;

export class SharedSessions<S> {
  readonly client: SessionClient;
  private readonly privateKey: string;
  private readonly names: OwnNames;
  private readonly subjectOf: (session: S) => string | null | undefined;
  private readonly touches: TouchTimes;
  private readonly isTouched: boolean;
  private readonly ids: FrameworkIds;
  /** Tokens of sessions that were seen here and have ended: none is begun again. The oldest go first. */
  private readonly ended = new Set<string>();
  /** Sessions that are being created, by token. */
  private readonly beginning = new Map<string, Promise<unknown>>();

  /** `privateKey`: under which the framework's own state is, apart from the application's data. */
  constructor(privateKey: string, options: SharedSessionsOptions<S>) {
    const { subject = () => undefined, touchInterval, disableTouch = false, idSecret, ...client } = options;
    this.client = new SessionClient(client);
    this.privateKey = privateKey;
    this.names = new OwnNames(privateKey);
    this.subjectOf = subject;
    this.touches = new TouchTimes(touchInterval);
    this.isTouched = !disableTouch;
    this.ids = new FrameworkIds(idSecret);
  }

  /** Gives the token that an id is on the server. */
  tokenOf(id: string): string {
    return this.ids.tokenOf(id);
  }

  /** Reads a session, and says that someone is there. Absence: null. */
  async read(id: string): Promise<Opened | null> {
    const token = this.tokenOf(id);
    const touch = this.isTouched && this.touches.isDue(token);
    const session = await this.client.find(token, { touch, gather: true });
    if (session === null) {
      // A token that was never seen is one that the framework has just made, and reads before it saves.
      if (this.touches.knows(token)) this.noteEnd(token);
      return null;
    }
    if (touch || !this.isTouched) this.touches.note(token, session.idleTimeout);
    return this.opened(session);
  }

  /** Takes the framework's own out of the data. */
  opened(session: Session): Opened {
    return { session, data: this.names.shown(session.data), state: session.data[this.privateKey] };
  }

  /** Creates a session. `isBegun`: it must not be there yet. Gives the baseline for the next write. */
  async create(wanted: Wanted<S>, isBegun: boolean): Promise<Baseline> {
    const { id, session, data, state, idleTimeout } = wanted;
    const token = this.tokenOf(id);
    this.ids.warnOf(id);
    // @fastify/session begins a session anew under its old token when it was ended before a `reload`.
    if (isBegun && this.ended.has(token)) throw new SessionNotFoundError();
    const texts = textsOf(data);
    const subject = this.subjectOf(session);
    const made = {
      data: { ...this.names.keptOf(parsed(texts)), [this.privateKey]: state },
      ...(subject !== undefined && { subject }),
      ...(idleTimeout !== undefined && { idleTimeout }),
      ...takenOf(wanted),
    };
    const saving = this.client.put(token, made, isBegun ? { ifVersion: 'none' } : {});
    this.beginning.set(token, saving);
    const saved = await saving.finally(() => this.beginning.get(token) === saving && this.beginning.delete(token));
    this.touches.note(token, saved.idleTimeout);
    return { id, texts, subject: saved.subject, state: JSON.stringify(state), idleTimeout: saved.idleTimeout };
  }

  /** Writes what has changed. Errors: SessionNotFoundError when the session was ended meanwhile. Gives the baseline for the next write. */
  async update(baseline: Baseline, wanted: Wanted<S>): Promise<Baseline> {
    const { id, session, data, state, idleTimeout, isTimed = false } = wanted;
    const token = this.tokenOf(id);
    const texts = textsOf(data);
    const next = { ...baseline, id, texts, state: JSON.stringify(state) };
    const changes = changesBetween(baseline.texts, texts);
    const set = this.names.keptOf(changes.set);
    const unset = changes.unset.map((name) => this.names.kept(name));
    const subject = this.subjectOf(session);
    const hasState = next.state !== baseline.state;
    if (hasState) set[this.privateKey] = state;
    const change = {
      ...(Object.keys(set).length > 0 && { set }),
      ...(unset.length > 0 && { unset }),
      ...(subject !== undefined && subject !== baseline.subject && { subject }),
      ...(idleTimeout !== undefined &&
        (hasState || (isTimed && idleTimeout !== baseline.idleTimeout)) && { idleTimeout }),
    };
    if (Object.keys(change).length === 0) return next;
    const saved = await this.client.patch(token, change);
    this.touches.note(token, saved.idleTimeout);
    return { ...next, subject: saved.subject, idleTimeout: saved.idleTimeout };
  }

  /** Ends a session. One that has ended already is no error. Gives whether there was one. */
  async end(id: string): Promise<boolean> {
    const token = this.tokenOf(id);
    this.noteEnd(token);
    // An application may save a new session and end it without waiting: the end must not arrive before the beginning.
    await this.beginning.get(token)?.catch(() => {});
    const isEnded = await this.client.revoke(token);
    this.touches.forget(token);
    return isEnded;
  }

  private noteEnd(token: string): void {
    this.touches.forget(token);
    this.ended.delete(token);
    this.ended.add(token);
    if (this.ended.size > MOST_ENDED) this.ended.delete(this.ended.values().next().value!);
  }
}

function parsed(texts: Texts): Record<string, unknown> {
  return Object.fromEntries([...texts].map(([key, text]) => [key, JSON.parse(text)]));
}
