/**
 * The verbs of the service: decide by policy, then one store call. Values come in checked (validate.ts makes their
 * types), `now` comes in once per request. What is not here: HTTP, storage, and any clock.
 */
import { byActivity } from './cursor.ts';
import { ServiceError } from './errors.ts';
import type { Policy, PolicySource } from './policy.ts';
import { EMPTY_DATA, type Session } from './session.ts';
import type {
  Cap,
  Count,
  CreateOutcome,
  ListQuery,
  Page,
  Refused,
  Selector,
  SessionStore,
  Touch,
  Visit,
} from './store.ts';
import { type Draw, newSessionId, newToken, parseToken, type SECRET_LENGTH } from './token.ts';
import { begunAt } from './transitions.ts';
import { type Edit, Updates } from './updates.ts';
import { type AppName, checkTimeouts, type Ip, type Subject, type Timeouts } from './validate.ts';

/** What a session is made of. Texts are checked. */
export interface Draft extends Timeouts {
  readonly app: AppName;
  readonly subject: Subject | null;
  readonly ip: Ip | null;
  readonly userAgent: string | null;
  readonly label: string | null;
  /** Compact JSON text of an object. */
  readonly data: string;
}

export interface NewSession extends Draft {
  readonly tokenKind: keyof typeof SECRET_LENGTH;
}

export interface Created {
  /** The only time the token is shown. */
  readonly token: string;
  readonly session: Session;
  /** The instant it was created at. */
  readonly at: number;
  /** Ids of the sessions that the subject's cap ended. */
  readonly revoked: readonly string[];
}

const PAGE = 1000;

export class Sessions {
  readonly policy: PolicySource;
  private readonly store: SessionStore;
  private readonly updates: Updates;

  constructor(store: SessionStore, policy: PolicySource) {
    this.store = store;
    this.policy = policy;
    this.updates = new Updates(store);
  }

  /**
   * Creates a session. Errors: `invalid_value` for timeouts, `data_too_large`, `session_limit_reached`.
   * A subject at its cap loses its oldest or least recently used session, in the same atomic step.
   * `draw`: where its id and token are drawn from. Drawn again, the session is there already: it is given as it is.
   */
  async create(draft: NewSession, now: number, draw?: Draw): Promise<Created> {
    const policy = this.policy(draft.app);
    checkDraft(draft, policy);
    for (;;) {
      const id = newSessionId(draft.subject, draw);
      const { token, credential } = newToken(id, draft.tokenKind, draw);
      const session = begin(draft, id, now);
      // Nobody could use it: it ends as it begins.
      if (endsAtOnce(draft)) return { token, session, at: now, revoked: [] };
      const outcome: CreateOutcome = await this.store.create(session, credential, capOf(policy), now);
      if (outcome.kind === 'created') {
        return { token, session: begunAt(session, outcome.at), at: outcome.at, revoked: outcome.revoked };
      }
      if (outcome.kind === 'refused') throw limitReached(outcome);
      // Taken: an id that already exists, once in 2^83; another one is drawn. Drawn again, it is the one we made.
      if (draw === undefined) continue;
      const known = await this.get(draft.app, token, 'look', now);
      if (known === null)
        throw new ServiceError('session_not_found', 'the session this key created has another token now');
      return { token, session: known.session, at: known.at, revoked: [] };
    }
  }

  /** Reads the session of a token, and touches it if that is asked for. Absence: null. */
  get(app: AppName, token: string, touch: Touch, now: number): Promise<Visit | null> {
    return this.store.get(app, parseToken(token), touch, now);
  }

  /** Reads the sessions of many tokens, each for itself, in their order. */
  getMany(app: AppName, tokens: readonly string[], touch: Touch, now: number): Promise<(Visit | null)[]> {
    return this.store.getMany(app, tokens.map(parseToken), touch, now);
  }

  /** Reads a session by its public id. Never a touch. Absence: null. */
  find(app: AppName, id: string, now: number): Promise<Visit | null> {
    return this.store.find(app, id, now);
  }

  /**
   * Changes a session. No parallel change is lost, so the edit may be called again on newer data. Slides the idle
   * deadline. Absence: null. Errors: `data_too_large`, `version_mismatch`, `invalid_value` for timeouts, and what the edit
   * throws; the session is unchanged then.
   */
  update(app: AppName, token: string, edit: Edit, now: number, expect?: Expect): Promise<Visit | null> {
    const policy = this.policy(app);
    const checked: Edit = (session) => {
      checkVersion(session, expect);
      const edited = edit(session);
      const { data, idleTimeout } = edited;
      // An app whose limit was lowered can still shrink what it has.
      if (data !== undefined && data.length >= session.data.length) checkDataSize(data, policy.maxDataBytes);
      if (idleTimeout !== undefined) {
        checkTimeouts({ idleTimeout, absoluteTimeout: absoluteTimeoutOf({ ...session, ...edited }) }, policy);
      }
      return edited;
    };
    return this.updates.update(app, parseToken(token), checked, now);
  }

  /** Ends the session of a token. Errors: `version_mismatch`. */
  async revokeByToken(app: AppName, token: string, now: number, expect?: Expect): Promise<number> {
    const ref = parseToken(token);
    if (expect === undefined || expect === '*') return this.store.revoke(app, { by: 'token', token: ref }, now);
    const revoked = await this.store.revoke(app, { by: 'token', token: ref, version: expect }, now);
    const left = revoked === 0 ? await this.store.get(app, ref, 'look', now) : null;
    if (left !== null) checkVersion(left.session, expect);
    return revoked;
  }

  /** Ends sessions and gives how many. */
  revoke(app: AppName, selector: Selector, now: number): Promise<number> {
    return this.store.revoke(app, selector, now);
  }

  /** Gives all sessions of a subject, most recent activity first. */
  bySubject(app: AppName, subject: Subject, now: number): Promise<Session[]> {
    return this.listAll(app, { subject }, now);
  }

  /** Gives all sessions touched within `window` milliseconds, most recent activity first. */
  activeWithin(app: AppName, window: number, now: number): Promise<Session[]> {
    return this.listAll(app, { activeSince: now - window }, now);
  }

  /** Gives a page of the app's sessions, or of a subject's, most recent activity first. Errors: `invalid_cursor`. */
  list(app: AppName, query: ListQuery, now: number): Promise<Page> {
    return this.store.list(app, query, now);
  }

  /** Counts the sessions touched within `window` milliseconds, and their distinct subjects. */
  count(app: AppName, window: number, now: number): Promise<Count> {
    return this.store.count(app, now - window, now);
  }

  /** Gives the apps that have sessions, in order. */
  apps(): Promise<string[]> {
    return this.store.apps();
  }

  /** Resolves when the store would do its work now. Errors: `store_unavailable`. */
  ping(): Promise<void> {
    return this.store.ping();
  }

  /**
   * Gives all pages as one list. A session touched during the walk moves to the front, behind the walker's back: so a
   * walk of several pages ends with one more look at what was active since it began.
   */
  private async listAll(app: AppName, query: Walk, now: number): Promise<Session[]> {
    const found = new Map<string, Session>();
    const pages = await this.walk(app, query, found, now);
    if (pages > 1) await this.walk(app, { ...query, activeSince: Math.max(query.activeSince ?? 0, now) }, found, now);
    return [...found.values()].sort(byActivity);
  }

  private async walk(app: AppName, query: Walk, found: Map<string, Session>, now: number): Promise<number> {
    let next: ListQuery = { ...query, limit: PAGE };
    for (let pages = 1; ; pages++) {
      const { sessions, cursor } = await this.store.list(app, next, now);
      for (const session of sessions) found.set(session.id, session);
      if (cursor === null) return pages;
      next = { ...query, cursor, limit: PAGE };
    }
  }
}

type Walk = Pick<ListQuery, 'subject' | 'activeSince'>;

/** A version that a session must have; `*`: any. */
export type Expect = number | '*';

/** Checks timeouts and size of what a session is to be. Errors: `invalid_value`, `data_too_large`. */
export function checkDraft(draft: Draft, policy: Policy): void {
  checkTimeouts(draft, policy);
  checkDataSize(draft.data, policy.maxDataBytes);
}

/** Gives a new session of a draft. */
export function begin(draft: Draft, id: string, now: number): Session {
  const { app, subject, idleTimeout, absoluteTimeout, ip, userAgent, label, data } = draft;
  return {
    id,
    app,
    subject,
    createdAt: now,
    lastSeenAt: now,
    idleTimeout,
    absoluteExpiresAt: absoluteTimeout === null ? null : now + absoluteTimeout,
    version: 1,
    reads: 1,
    ip,
    userAgent,
    label,
    data,
  };
}

/** Gives the absolute timeout that a session was given. Units: milliseconds. Absence: null for none. */
export function absoluteTimeoutOf({ createdAt, absoluteExpiresAt }: Session): number | null {
  return absoluteExpiresAt === null ? null : absoluteExpiresAt - createdAt;
}

export function endsAtOnce(timeouts: {
  readonly idleTimeout: number | null;
  readonly absoluteTimeout?: number | null;
}) {
  return (timeouts.idleTimeout ?? 1) <= 0 || (timeouts.absoluteTimeout ?? 1) <= 0;
}

export function capOf({ maxSessionsPerSubject: max, onLimit }: Policy): Cap | null {
  return max === null ? null : { max, onLimit };
}

/** Gives the error of a cap that ends nobody. */
export function limitReached({ sessions }: Refused): ServiceError {
  const message = `the subject has ${sessions.length} sessions, as many as its app allows`;
  return new ServiceError('session_limit_reached', message, { sessions });
}

/** Errors: `version_mismatch`. */
export function checkVersion({ version }: Session, expect: Expect | undefined): void {
  if (expect === undefined || expect === '*' || expect === version) return;
  throw new ServiceError('version_mismatch', `the session is at version ${version}, not at ${expect}`);
}

/** Checks the size of data as it is stored. Units: bytes of UTF-8. */
function checkDataSize(data: string, max: number): void {
  // UTF-8 needs at most 3 bytes for each UTF-16 unit: most texts need no counting.
  if (data === EMPTY_DATA || data.length * 3 <= max) return;
  if (Buffer.byteLength(data) > max) {
    throw new ServiceError('data_too_large', `the session data must not exceed ${max} bytes`, { field: 'data' });
  }
}
