/** An app, as an operator sees it: all of its sessions, what happens to them, and what is set up. */
import { callApp } from '../app-calls.ts';
import type { CallOptions, EndOptions, ListOptions, Presented } from '../call-options.ts';
import { noSession } from '../errors.ts';
import { type EventPageOptions, eventPage } from '../event-calls.ts';
import type { EventsOptions } from '../event-iterator.ts';
import type { EventPage, Resync, StreamedEvent } from '../event-types.ts';
import type { IdPage } from '../openapi.ts';
import { idPart, isId } from '../request-parts.ts';
import type { Activity, AppCounts, Session, SessionCount, SessionPage } from '../types.ts';
import { call, each, type SettingsOf } from './calls.ts';
import { SubjectAdmin } from './subject-admin.ts';
import type { PolicyInForce, Series, Webhook } from './types.ts';
import { WebhookAdmin } from './webhook-admin.ts';

/** What the end of a whole app may take longer than others. Units: milliseconds. */
const ENDING = 120_000;

export class AppAdmin {
  readonly name: string;
  private readonly settings: SettingsOf;

  constructor(settings: SettingsOf, name: string) {
    this.settings = settings;
    this.name = name;
  }

  /** Gives its rules, and how many subjects and sessions it has. Scope: read. */
  async counts({ signal }: CallOptions = {}): Promise<AppCounts> {
    return call(this.settings(), 'GET', '', { signal, has: 'policy' });
  }

  /** Gives the rules that apply, and which layer each comes from. Scope: read. */
  async policy({ signal }: CallOptions = {}): Promise<PolicyInForce> {
    return call(this.settings(), 'GET', '/policy', { signal, has: 'values' });
  }

  /** Tells how many sessions began and ended of late. Scope: read. */
  async series(period: 'hour' | 'day', { signal }: CallOptions = {}): Promise<Series> {
    return call(this.settings(), 'GET', '/series', { query: { period }, signal, has: 'created' });
  }

  /** Tells how many subjects and sessions were active. Scope: read. Units: seconds. */
  async activity(within = 600, { signal }: CallOptions = {}): Promise<Activity> {
    return call(this.settings(), 'GET', '/activity', { query: { within }, signal, has: 'sessions' });
  }

  /** Gives a page of its sessions, the latest activity first. Scope: read. */
  async list({ signal, ...query }: ListOptions = {}): Promise<SessionPage> {
    return call(this.settings(), 'GET', '/sessions', { query, signal, has: 'sessions' });
  }

  /** Goes through its sessions and holds one page of them (`limit`, default 1000). One that goes on meanwhile comes once; see the API. */
  each(options: Omit<ListOptions, 'cursor'> = {}): AsyncGenerator<Session, void, undefined> {
    return each(async (from) => {
      const { sessions: items, cursor } = await this.list({ limit: 1000, ...options, cursor: from });
      return { items, cursor };
    });
  }

  /** Goes through their ids, for 16 bytes each. */
  eachId(options: Omit<ListOptions, 'cursor'> = {}): AsyncGenerator<string, void, undefined> {
    const { signal, ...query } = { limit: 1000, ...options };
    return each(async (cursor) => {
      const asked = { query: { ...query, cursor }, signal, has: 'ids' };
      const { ids: items, cursor: next } = await call<IdPage>(this.settings(), 'GET', '/sessions:ids', asked);
      return { items, cursor: next };
    });
  }

  /** Counts its sessions. Scope: read. */
  async count({ signal, ...query }: Omit<ListOptions, 'cursor' | 'limit'> = {}): Promise<number> {
    return (await call<SessionCount>(this.settings(), 'GET', '/sessions:count', { query, signal, has: 'sessions' }))
      .sessions;
  }

  /** Gives a session by its public id; nothing of it changes. Scope: read. Errors: SessionNotFoundError. */
  async get(id: string, { signal }: CallOptions = {}): Promise<Session> {
    return call(this.settings(), 'GET', `/sessions/${idPart(id)}`, { signal, has: 'idleTimeout' });
  }

  /** The same. Absence: null. */
  find(id: string, options: CallOptions = {}): Promise<Session | null> {
    return this.get(id, options).catch(noSession);
  }

  /** Gives the session that a token opens, which counts no read. Scope: verify. Absence: null. */
  async findByToken(token: Presented, options: CallOptions = {}): Promise<Session | null> {
    const found = callApp(this.settings(), 'GET', '/session', options, { token });
    return found.then(({ body }) => body as Session, noSession);
  }

  /** Ends a session by its public id. Gives whether there was one. Scope: revoke. */
  async revoke(id: string, { signal, ...query }: EndOptions = {}): Promise<boolean> {
    const settings = this.settings();
    if (!isId(id)) return false;
    const asked = { query, signal, has: 'revoked' };
    return (await call<{ revoked: number }>(settings, 'DELETE', `/sessions/${id}`, asked)).revoked === 1;
  }

  /** Ends all sessions. `confirm`: the name of the app once more. Gives how many there were. Scope: admin. */
  async revokeAll(confirm: string, { signal, ...query }: EndOptions = {}): Promise<number> {
    const asked = { query: { confirm, ...query }, signal, has: 'revoked', longer: ENDING };
    return (await call<{ revoked: number }>(this.settings(), 'DELETE', '/sessions', asked)).revoked;
  }

  subject(subject: string): SubjectAdmin {
    return new SubjectAdmin(this.settings, subject);
  }

  /** Gives how its webhooks stand. Scope: read. */
  async webhooks({ signal }: CallOptions = {}): Promise<Webhook[]> {
    return (await call<{ webhooks: Webhook[] }>(this.settings(), 'GET', '/webhooks', { signal, has: 'webhooks' }))
      .webhooks;
  }

  webhook(name: string): WebhookAdmin {
    return new WebhookAdmin(this.settings, name);
  }

  /** Gives a page of what has happened, or waits for it. Scope: read. Errors: `invalid_request` where the app keeps no events. */
  async eventsPage(options: EventPageOptions = {}): Promise<EventPage> {
    return eventPage(this.settings(), options);
  }

  /** Goes through what happens, without end and over losses of the connection: see SessionClient. Scope: read. */
  async *events(options: EventsOptions = {}): AsyncGenerator<StreamedEvent | Resync, void, undefined> {
    const { events } = await import('../event-iterator.ts');
    yield* events(this.settings(), options);
  }
}
