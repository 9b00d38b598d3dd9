/**
 * The client: one method for each thing that an application does with a session. It holds no state but its settings, so one
 * object serves the whole process, and the platform's own pool of connections is used.
 *
 * A token is what came in the cookie, and may be anything: text that no token can be is "no such session" without a request.
 * What was set up wrongly rejects the first call, and not the constructor: a server that builds its client while it loads its
 * modules would otherwise die without saying where.
 */
import { type Answer, type Call, type CallOptions, type Method, send } from './connection.ts';
import { noSession, SessionNotFoundError } from './errors.ts';
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
} from './types.ts';
import { Verification } from './verification.ts';

/** What a token came as: the value of a cookie, or nothing. */
export type Presented = string | null | undefined;

export interface ReadOptions extends CallOptions {
  /** Whether someone is there: the idle deadline slides, and the read counts. Default: false. */
  readonly touch?: boolean;
}

export interface WriteOptions extends CallOptions {
  /** The version that the session must have; `any`: that there must be one. Else the call is refused: `version_mismatch`. */
  readonly ifVersion?: number | 'any';
  /** Of `lock`. The call is refused unless it holds: `lock_lost`. */
  readonly lock?: string;
  /** Whether the lock ends with the call, in the same step. Default: false. */
  readonly release?: boolean;
}

/** With the session its lock ends in any case. */
export type RevokeOptions = Omit<WriteOptions, 'release'>;

export interface LockOptions extends CallOptions {
  /** How long the lock holds at most: 300 seconds or less. Default: 30. */
  readonly lease?: number;
  /** How long to wait for others who have the lock, beside the time-out: 30 seconds or less. Default: 0. */
  readonly wait?: number;
}

export interface RepeatableOptions extends WriteOptions {
  /** Default: a new one for each call. To repeat a call later, even from another process, give it the same one. */
  readonly idempotencyKey?: string;
}

export interface ListOptions extends CallOptions {
  /** Only sessions touched in so many seconds. */
  readonly activeWithin?: number;
  readonly subject?: string;
  /** Sessions in a page: 1 to 1000. Default: 100. */
  readonly limit?: number;
  /** Of the page before. */
  readonly cursor?: string | null;
}

const MERGE_PATCH = 'application/merge-patch+json';

export class SessionClient<Data extends object = SessionData> {
  private readonly options: SessionClientOptions;
  private checked: Settings | undefined;
  private readonly verification: Verification;

  constructor(options: SessionClientOptions) {
    this.options = { ...options };
    this.verification = new Verification(() => this.settings());
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
  async get(token: Presented, options: ReadOptions = {}): Promise<Session<Data>> {
    const { body } = await this.read(token, options, {});
    return body as Session<Data>;
  }

  /** Gives the session that a token opens. Absence: null. */
  find(token: Presented, options: ReadOptions = {}): Promise<Session<Data> | null> {
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

  /** Tells whose token it is; all calls of one turn of the event loop travel in one request. Absence: null. */
  async verify(token: Presented, { touch = false }: Pick<ReadOptions, 'touch'> = {}): Promise<Session<Data> | null> {
    this.settings();
    if (!isToken(token)) return null;
    return (await this.verification.check(token, touch)) as Session<Data> | null;
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
    return (await this.revoked('/session', options, { token })) === 1;
  }

  /** Gives a session by its public id. Errors: SessionNotFoundError. */
  async getById(id: string, options: CallOptions = {}): Promise<Session<Data>> {
    const { body } = await this.call('GET', `/sessions/${idPart(id)}`, options);
    return body as Session<Data>;
  }

  /** Ends a session by its public id. Gives whether there was one. */
  async revokeById(id: string, options: RevokeOptions = {}): Promise<boolean> {
    this.settings();
    return isId(id) && (await this.revoked(`/sessions/${id}`, options)) === 1;
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
  async revokeSubject(subject: string, options: CallOptions & { readonly except?: string } = {}): Promise<number> {
    const { signal, except } = options;
    return this.revoked(`${subjectPath(subject)}${queryText({ except })}`, { signal });
  }

  /** Ends all sessions of the app. `confirm`: its name once more. Gives how many there were. */
  async revokeAll(confirm: string, options: CallOptions = {}): Promise<number> {
    return this.revoked(`/sessions${queryText({ confirm })}`, options);
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

  private async revoked(path: string, options: WriteOptions, sent: Sent = {}): Promise<number> {
    return ((await this.call('DELETE', path, options, { ...sent, answerHas: 'revoked' })).body as { revoked: number })
      .revoked;
  }

  private async call(method: Method, path: string, options: RepeatableOptions, sent: Sent = {}): Promise<Answer> {
    const settings = this.settings();
    const { ifVersion, signal, idempotencyKey, lock, release } = options;
    const { token, body, mediaType, repeatable = false, answerHas = 'idleTimeout', longer = 0 } = sent;
    if ('token' in sent && !isToken(token))
      throw new SessionNotFoundError('there is no such session: that is no token', null);
    const call: Call = {
      method,
      path: settings.appPath + path + queryText(release ? { release } : {}),
      signal,
      headers: {
        ...(isToken(token) && { 'Session-Token': token }),
        ...sent.headers,
        ...(lock !== undefined && { 'Session-Lock': lock }),
        ...(ifVersion !== undefined && { 'If-Match': ifVersion === 'any' ? '*' : `"${ifVersion}"` }),
        ...(repeatable && { 'Idempotency-Key': idempotencyKey ?? crypto.randomUUID() }),
      },
      body,
      ...(mediaType !== undefined && { mediaType }),
      answerHas,
      isRepeatable: repeatable || method === 'GET',
    };
    return send(longer ? { ...settings, timeout: settings.timeout + longer } : settings, call);
  }
}

interface Sent {
  /** Absence: left out by calls that are about no token. Anything else is what a cookie had. */
  readonly token?: Presented;
  readonly body?: unknown;
  readonly mediaType?: string;
  readonly headers?: Record<string, string>;
  /** See Call. Default: of a session. */
  readonly answerHas?: string | null;
  /** Whether it takes an Idempotency-Key. */
  readonly repeatable?: boolean;
  /** How much longer than others it may take. Units: milliseconds. */
  readonly longer?: number;
}
