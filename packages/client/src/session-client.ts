/**
 * The client: one method for each thing that an application does with a session. It holds no state but its settings, so one
 * object serves the whole process, and the platform's own pool of connections is used.
 *
 * A token is what came in the cookie, and may be anything: text that no token can be is "no such session" without a request.
 * What was set up wrongly rejects the first call, and not the constructor: a server that builds its client while it loads its
 * modules would otherwise die without saying where.
 */
import { callApp, type Sent } from './app-calls.ts';
import type {
  CallOptions,
  EndOptions,
  GatheredReadOptions,
  ListOptions,
  LockOptions,
  Presented,
  ReadOptions,
  RepeatableOptions,
  RevokeOptions,
  WriteOptions,
} from './call-options.ts';
import type { Answer, Method } from './connection.ts';
import { noSession } from './errors.ts';
import { type EventPageOptions, eraseHistory, eventPage, history } from './event-calls.ts';
import type { EventsOptions } from './event-iterator.ts';
import type { EventPage, HistoryEntry, Resync, StreamedEvent } from './event-types.ts';
import { GatheredReads, mayGather, readsOfPages } from './gathered-reads.ts';
import { LazyNearCache, told } from './lazy-near-cache.ts';
import type { About } from './near-cache.ts';
import { type SessionClientOptions, type Settings, settingsOf } from './options.ts';
import { idPart, isId, isToken, type Query, queryText, refusedToken, subjectPath } from './request-parts.ts';
import type {
  Activity,
  AppCounts,
  Locked,
  NewSession,
  PartialSession,
  Rotation,
  Session,
  SessionCount,
  SessionData,
  SessionPage,
  SessionPatch,
  TokenAndSession,
  Touch,
  Verified,
} from './types.ts';

const MERGE_PATCH = 'application/merge-patch+json';

export class SessionClient<Data extends object = SessionData> {
  private readonly options: SessionClientOptions;
  private checked: Settings | undefined;
  private readonly verifications: GatheredReads;
  private readonly reads: GatheredReads;
  private readonly near = new LazyNearCache();

  constructor(options: SessionClientOptions) {
    this.options = { ...options };
    const settings = () => this.settings();
    this.verifications = new GatheredReads(settings, { near: () => this.near.loaded });
    this.reads = readsOfPages(settings, (token, touch) => this.find(token, { touch }) as Promise<Session | null>);
  }

  /** Logs someone in, or begins the session of a guest. Put the token into a cookie. */
  async create(session: NewSession<Data> = {}, options: RepeatableOptions = {}): Promise<TokenAndSession<Data>> {
    const { body } = await this.call('POST', '/sessions', options, {
      body: session,
      repeatable: true,
      answerHas: 'token',
    });
    return body as TokenAndSession<Data>;
  }

  /** Gives the session that a token opens. Errors: SessionNotFoundError when it opens none. */
  async get(token: Presented, options: GatheredReadOptions = {}): Promise<Session<Data>> {
    if (mayGather(token, options)) return (await this.reads.get(token, options.touch === true)) as Session<Data>;
    const { body } = await this.read(token, options, {});
    return body as Session<Data>;
  }

  /** Gives the session that a token opens. Absence: null. */
  find(token: Presented, options: GatheredReadOptions = {}): Promise<Session<Data> | null> {
    return this.get(token, options).catch(noSession);
  }

  /** Gives some members of a session; `data.cart` is one of the data. Errors: SessionNotFoundError. */
  async getFields(
    token: Presented,
    fields: readonly string[],
    options: ReadOptions = {},
  ): Promise<PartialSession<Data>> {
    const { body } = await this.read(token, options, { fields: fields.join(',') });
    return body as PartialSession<Data>;
  }

  /** Gives a session unless it still has this version. Absence: null when it has. Errors: SessionNotFoundError. */
  async getNewer(token: Presented, version: number, options: ReadOptions = {}): Promise<Session<Data> | null> {
    const { body } = await this.read(token, options, {}, { 'If-None-Match': `"${version}"` });
    return (body as Session<Data> | undefined) ?? null;
  }

  /**
   * Tells whose token it is; all calls of one turn of the event loop travel in one request. With a near cache the answer may come from
   * memory, and says how old it is. Absence: null.
   */
  async verify(token: Presented, { touch = false }: Pick<ReadOptions, 'touch'> = {}): Promise<Verified<Data> | null> {
    const settings = this.settings();
    if (!isToken(token)) return null;
    const kept = this.near.load(settings)?.find(token, touch);
    if (kept) return kept as Verified<Data>;
    const began = performance.now();
    const session = await this.verifications.read(token, touch);
    return (session && told(session, settings, began)) as Verified<Data> | null;
  }

  /** Changes some of a session and leaves the rest as it is. Errors: SessionNotFoundError, `version_mismatch`. */
  async patch(token: Presented, change: SessionPatch<Data>, options: WriteOptions = {}): Promise<Session<Data>> {
    return this.write('PATCH', '/session', token, options, { body: change });
  }

  /** Merges a patch into the data at any depth; null removes a member (RFC 7396). */
  async mergePatch(token: Presented, patch: object, options: WriteOptions = {}): Promise<Session<Data>> {
    return this.write('PATCH', '/session/data', token, options, { body: patch, mediaType: MERGE_PATCH });
  }

  /** Stores the whole data, in the place of all that was there. */
  async replaceData(token: Presented, data: Data, options: WriteOptions = {}): Promise<Session<Data>> {
    return this.write('PUT', '/session/data', token, options, { body: data });
  }

  /**
   * Saves a session under a token that the caller chose, in the place of the one that is there. `ifVersion` `any` never creates
   * one; `none` never replaces one. For frameworks that make their own tokens; others have `create`.
   */
  async put(
    token: string,
    session: NewSession<Data>,
    options: Omit<WriteOptions, 'ifVersion'> & { readonly ifVersion?: WriteOptions['ifVersion'] | 'none' } = {},
  ): Promise<Session<Data>> {
    this.settings();
    if (!isToken(token)) throw refusedToken();
    const { ifVersion, ...rest } = options;
    const conditions: WriteOptions & { readonly isNew?: boolean } =
      ifVersion === 'none' ? { ...rest, isNew: true } : { ...rest, ...(ifVersion !== undefined && { ifVersion }) };
    return this.write('PUT', '/session', token, conditions, { body: session });
  }

  /** Says that someone is still there: the idle deadline slides. */
  async touch(token: Presented, news?: Touch, options: WriteOptions = {}): Promise<Session<Data>> {
    return this.write('POST', '/session/touch', token, options, { body: news });
  }

  /** Gives the session a new token; at a login also its subject, and what is known of the device. Set the cookie anew. */
  async rotate(
    token: Presented,
    rotation: Rotation<Data> = {},
    options: RepeatableOptions = {},
  ): Promise<TokenAndSession<Data>> {
    const { body } = await this.call('POST', '/session/rotate', options, {
      body: rotation,
      repeatable: true,
      answerHas: 'token',
      token,
    });
    return body as TokenAndSession<Data>;
  }

  /**
   * Locks a session, for applications that rely on one page at a time, and gives it as it is then; null: the token, which the
   * caller chose, opens none yet. Errors: `session_locked` when `wait` is over, SessionNotFoundError.
   */
  async lock(token: Presented, options: LockOptions = {}): Promise<Locked<Data>> {
    const { lease, wait = 0, signal } = options;
    const sent = { body: { lease, wait }, token, answerHas: 'lock', longer: wait * 1000 };
    return (await this.call('POST', '/session/lock', { signal }, sent)).body as Locked<Data>;
  }

  /** Ends a lock. One that does not hold any more changes nothing. */
  async unlock(token: Presented, lock: string, options: CallOptions = {}): Promise<void> {
    this.settings();
    if (isToken(token)) await this.call('DELETE', '/session/lock', { ...options, lock }, { token, answerHas: null });
  }

  /** Logs out: ends the session of a token. Gives whether there was one. Then clear the cookie. */
  async revoke(token: Presented, options: RevokeOptions = {}): Promise<boolean> {
    this.settings();
    if (!isToken(token)) return false;
    return (await this.revoked('/session', {}, options, { token })) === 1;
  }

  /** Gives a session by its public id. Errors: SessionNotFoundError. */
  async getById(id: string, options: CallOptions = {}): Promise<Session<Data>> {
    const { body } = await this.call('GET', `/sessions/${idPart(id)}`, options);
    return body as Session<Data>;
  }

  /** Ends a session by its public id. Gives whether there was one. */
  async revokeById(id: string, options: RevokeOptions = {}): Promise<boolean> {
    this.settings();
    return isId(id) && (await this.revoked(`/sessions/${id}`, {}, options, {}, { id })) === 1;
  }

  /** Gives a page of the sessions of the app. `cursor` leads to the next one. */
  async list(options: ListOptions = {}): Promise<SessionPage<Data>> {
    const { signal, ...query } = options;
    const { body } = await this.call('GET', `/sessions${queryText(query)}`, { signal }, { answerHas: 'sessions' });
    return body as SessionPage<Data>;
  }

  /** Goes through the sessions of the app, page by page. */
  async *each(options: Omit<ListOptions, 'cursor'> = {}): AsyncGenerator<Session<Data>, void, undefined> {
    let cursor: string | null | undefined;
    do {
      const page = await this.list(cursor == null ? options : { ...options, cursor });
      yield* page.sessions;
      cursor = page.cursor;
    } while (cursor !== null);
  }

  /** Counts the sessions of the app, or of a subject in it. */
  async count(options: Omit<ListOptions, 'cursor' | 'limit'> = {}): Promise<number> {
    const { signal, subject, activeWithin } = options;
    const path = subject === undefined ? '/sessions' : subjectPath(subject);
    const asked = `${path}:count${queryText({ activeWithin })}`;
    const { body } = await this.call('GET', asked, { signal }, { answerHas: 'sessions' });
    return (body as SessionCount).sessions;
  }

  /** Gives the sessions of a subject, the latest activity first: their devices. */
  async listSubject(
    subject: string,
    options: Pick<ListOptions, 'limit' | 'cursor' | 'signal'> = {},
  ): Promise<SessionPage<Data>> {
    const { signal, ...query } = options;
    const { body } = await this.call(
      'GET',
      `${subjectPath(subject)}${queryText(query)}`,
      { signal },
      { answerHas: 'sessions' },
    );
    return body as SessionPage<Data>;
  }

  /** Logs a subject out everywhere. `except`: the id of a session that goes on. Gives how many were ended. */
  async revokeSubject(subject: string, options: EndOptions & { readonly except?: string } = {}): Promise<number> {
    const { except, ...rest } = options;
    return this.revoked(subjectPath(subject), { except }, rest, {}, { subject });
  }

  /** Ends all sessions of the app. `confirm`: its name once more. Gives how many there were. */
  async revokeAll(confirm: string, options: EndOptions = {}): Promise<number> {
    return this.revoked('/sessions', { confirm }, options, {}, 'all');
  }

  /**
   * Goes through what happens in the app from now on, or behind a position, without end: events in their order, and `resync` when some
   * were dropped before they could be told. It survives losses of the connection. Errors: the reason of the signal; those that
   * no further attempt would change.
   */
  async *events(options: EventsOptions = {}): AsyncGenerator<StreamedEvent | Resync, void, undefined> {
    const { events } = await import('./event-iterator.ts');
    yield* events(this.settings(), options);
  }

  /** Gives a page of what has happened in the app, or waits for it. */
  async eventsPage(options: EventPageOptions = {}): Promise<EventPage> {
    return eventPage(this.settings(), options);
  }

  /** Gives the sessions of a subject that have ended, the latest first, as far as the policy of the app keeps them. */
  async history(subject: string, options: CallOptions = {}): Promise<HistoryEntry[]> {
    return history(this.settings(), subject, options);
  }

  /** Erases the history of a subject. Gives how many entries it had. */
  async eraseHistory(subject: string, options: CallOptions = {}): Promise<number> {
    return eraseHistory(this.settings(), subject, options);
  }

  /** Tells how many subjects and sessions were active. Units: seconds. */
  async activity(within = 600, options: CallOptions = {}): Promise<Activity> {
    return (await this.call('GET', `/activity${queryText({ within })}`, options, { answerHas: 'sessions' }))
      .body as Activity;
  }

  /** Gives the rules of the app, and how many sessions it has. */
  async app(options: CallOptions = {}): Promise<AppCounts> {
    return (await this.call('GET', '', options, { answerHas: 'policy' })).body as AppCounts;
  }

  /** Ends what the client does by itself: listening for its near cache. It goes on to answer, and asks the server each time. */
  close(): void {
    this.near.close();
  }

  private settings(): Settings {
    this.checked ??= settingsOf(this.options);
    return this.checked;
  }

  private read(
    token: Presented,
    options: ReadOptions,
    query: Query,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const { touch, signal } = options;
    const path = `/session${queryText(touch ? { ...query, touch } : query)}`;
    return this.call('GET', path, { signal }, { token, headers, ...('fields' in query && { answerHas: '' }) });
  }

  private async write(
    method: Method,
    path: string,
    token: Presented,
    options: WriteOptions & { readonly isNew?: boolean },
    sent: Pick<Sent, 'body' | 'mediaType'>,
  ): Promise<Session<Data>> {
    const headers: Record<string, string> = options.isNew ? { 'If-None-Match': '*' } : {};
    return (await this.call(method, path, options, { ...sent, token, headers })).body as Session<Data>;
  }

  private async revoked(
    path: string,
    query: Query,
    { reason, ...options }: RevokeOptions,
    sent: Sent,
    about: About = {},
  ): Promise<number> {
    const call = { ...sent, answerHas: 'revoked' };
    const { body } = await this.call('DELETE', path + queryText({ ...query, reason }), options, call, about);
    return (body as { revoked: number }).revoked;
  }

  private async call(
    method: Method,
    path: string,
    options: RepeatableOptions,
    sent: Sent = {},
    about: About = {},
  ): Promise<Answer> {
    try {
      return await callApp(this.settings(), method, path, options, sent);
    } finally {
      // Also after an error: it may have been done.
      if (method !== 'GET') this.near.forget(about === 'all' ? 'all' : { token: sent.token, ...about });
    }
  }
}
