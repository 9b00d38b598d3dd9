/**
 * The verbs of the service: decide by policy, then one store call. Values come in checked (validate.ts makes their
 * types), `now` comes in once per request. What is not here: HTTP, storage, and any clock.
 */
import { byActivity } from './cursor.ts';
import { checkDataKeys } from './data-keys.ts';
import { ServiceError } from './errors.ts';
import type { PolicySource } from './policy.ts';
import { EMPTY_DATA, type Session } from './session.ts';
import type { CreateOutcome, ListQuery, Selector, SessionStore, Visit } from './store.ts';
import { newSessionId, newToken, parseToken, type SECRET_LENGTH } from './token.ts';
import { begunAt } from './transitions.ts';
import { Updates } from './updates.ts';
import type { AppName, IdleTimeout, Ip, Subject } from './validate.ts';

export interface NewSession {
  readonly app: AppName;
  readonly subject: Subject | null;
  readonly ip?: Ip;
  readonly idleTimeout: IdleTimeout;
  /** Units: milliseconds. Absence: null means none. */
  readonly absoluteTimeout: number | null;
  /** Compact JSON text of an object. */
  readonly data: string;
  readonly tokenKind: keyof typeof SECRET_LENGTH;
}

export interface Created {
  /** The only time the token is shown. */
  readonly token: string;
  readonly session: Session;
  /** Ids of the sessions that the subject's cap ended. */
  readonly revoked: readonly string[];
}

const PAGE = 1000;

export class Sessions {
  private readonly store: SessionStore;
  private readonly updates: Updates;
  readonly policy: PolicySource;

  constructor(store: SessionStore, policy: PolicySource) {
    this.store = store;
    this.policy = policy;
    this.updates = new Updates(store);
  }

  /**
   * Creates a session. Errors: `data_too_large`.
   * A subject at its cap loses its oldest or least recently used session, in the same atomic step.
   */
  async create(draft: NewSession, now: number): Promise<Created> {
    const policy = this.policy(draft.app);
    checkDataSize(draft.data, policy.maxDataBytes);
    checkDataKeys(draft.data);
    const cap =
      policy.maxSessionsPerSubject === null ? null : { max: policy.maxSessionsPerSubject, onLimit: policy.onLimit };
    for (;;) {
      const id = newSessionId(draft.subject);
      const { token, credential } = newToken(id, draft.tokenKind);
      const session: Session = {
        id,
        app: draft.app,
        subject: draft.subject,
        createdAt: now,
        lastSeenAt: now,
        idleTimeout: draft.idleTimeout,
        absoluteExpiresAt: draft.absoluteTimeout === null ? null : now + draft.absoluteTimeout,
        version: 1,
        reads: 1,
        ip: draft.ip ?? null,
        userAgent: null,
        label: null,
        data: draft.data,
      };
      const outcome: CreateOutcome = await this.store.create(session, credential, cap, now);
      if (outcome.kind === 'created') return { token, session: begunAt(session, outcome.at), revoked: outcome.revoked };
      if (outcome.kind === 'refused') {
        throw new ServiceError('session_limit_reached', `the subject already has ${outcome.sessions.length} sessions`);
      }
      // Taken: an id that already exists, once in 2^83. Another one is drawn.
    }
  }

  /** Reads the session of a token and slides its idle deadline. Absence: null. */
  get(app: AppName, token: string, now: number): Promise<Visit | null> {
    return this.store.get(app, parseToken(token), true, now);
  }

  /**
   * Changes the data of a session: `merge` is called with the current text and gives the new one. No parallel change
   * is lost, so it may be called again on newer data. Slides the idle deadline. Absence: null.
   * Errors: `data_too_large`; the session is unchanged then.
   */
  update(app: AppName, token: string, merge: (data: string) => string, now: number): Promise<Visit | null> {
    const { maxDataBytes } = this.policy(app);
    const checkedMerge = (data: string): string => {
      const merged = merge(data);
      // An app whose limit was lowered can still shrink what it has.
      if (merged.length >= data.length) checkDataSize(merged, maxDataBytes);
      checkDataKeys(merged, data);
      return merged;
    };
    return this.updates.update(app, parseToken(token), checkedMerge, now);
  }

  revokeByToken(app: AppName, token: string, now: number): Promise<number> {
    return this.revoke(app, { by: 'token', token: parseToken(token) }, now);
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

  /** Counts the distinct subjects with a session touched within `window` milliseconds. */
  async activity(app: AppName, window: number, now: number): Promise<number> {
    return (await this.store.count(app, now - window, now)).subjects;
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

/** Checks the size of data as it is stored. Units: bytes of UTF-8. */
function checkDataSize(data: string, max: number): void {
  // UTF-8 needs at most 3 bytes for each UTF-16 unit: most texts need no counting.
  if (data === EMPTY_DATA || data.length * 3 <= max) return;
  if (Buffer.byteLength(data) > max) {
    throw new ServiceError('data_too_large', `the session data must not exceed ${max} bytes`, { field: 'data' });
  }
}
