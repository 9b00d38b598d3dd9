/**
 * The client of operators: all apps of a server that its key may see, from outside of them. Applications have SessionClient, which is
 * smaller. It holds no state but its settings; what was set up wrongly rejects the first call.
 */
import type { CallOptions } from '../call-options.ts';
import { type EventPageOptions, eventPage } from '../event-calls.ts';
import type { EventsOptions } from '../event-iterator.ts';
import type { EventFilter, Resync } from '../event-types.ts';
import { appSettings, type ServerSettings } from '../options.ts';
import { AppAdmin } from './app-admin.ts';
import { aboutNoApp, call, each } from './calls.ts';
import { type AdminClientOptions, adminSettings } from './options.ts';
import type { AnyEvent, AnyEventPage, AnyStreamedEvent, ApiKey, AppSummary, AuditEntry, AuditPage } from './types.ts';

/** Also the types that a server has of itself. */
type AnyTypes = Omit<EventFilter, 'types'> & { readonly types?: readonly AnyEvent['type'][] | undefined };

export interface AuditOptions extends CallOptions {
  /** Lines in a page: 1 to 1000. Default: 100. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly before?: string | null | undefined;
}

export class AdminClient {
  private readonly options: AdminClientOptions;
  private checked: ServerSettings | undefined;

  constructor(options: AdminClientOptions) {
    this.options = { ...options };
  }

  /** Gives the apps that have sessions, with how many. Scope: read. */
  async apps({ signal }: CallOptions = {}): Promise<AppSummary[]> {
    return (await call<{ apps: AppSummary[] }>(this.all(), 'GET', '/apps', { signal, has: 'apps' })).apps;
  }

  /** Gives what can be asked of one app, and done in it. Nothing is asked yet. */
  app(name: string): AppAdmin {
    return new AppAdmin(() => ({ ...this.server(), ...appSettings(name), nearCache: null }), name);
  }

  /** Gives the API keys of the server; never anything that opens it. Scope: admin. */
  async keys({ signal }: CallOptions = {}): Promise<ApiKey[]> {
    return (await call<{ keys: ApiKey[] }>(this.all(), 'GET', '/keys', { signal, has: 'keys' })).keys;
  }

  /** Gives a page of the audit log, the latest first. Scope: admin, of all apps. */
  async audit({ signal, ...query }: AuditOptions = {}): Promise<AuditPage> {
    return call(this.all(), 'GET', '/audit', { query, signal, has: 'entries' });
  }

  /** Goes back through the audit log, page by page. */
  eachAudit(options: Omit<AuditOptions, 'before'> = {}): AsyncGenerator<AuditEntry, void, undefined> {
    return each(async (before) => {
      const { entries: items, next: cursor } = await this.audit({ ...options, before });
      return { items, cursor };
    });
  }

  /** Gives a page of what has happened in all apps of the key, or waits for it. Scope: read. */
  async eventsPage({ types, ...options }: Omit<EventPageOptions, 'types'> & AnyTypes = {}): Promise<AnyEventPage> {
    return eventPage(this.all(), { ...options, types: types as EventFilter['types'] });
  }

  /** Goes through what happens in all of them, without end and over losses of the connection. Events of one app come in order. Scope: read. */
  async *events({
    types,
    ...options
  }: Omit<EventsOptions, 'types'> & AnyTypes = {}): AsyncGenerator<AnyStreamedEvent | Resync, void, undefined> {
    const { events } = await import('../event-iterator.ts');
    yield* events(this.all(), { ...options, types: types as EventFilter['types'] });
  }

  private server(): ServerSettings {
    this.checked ??= adminSettings(this.options);
    return this.checked;
  }

  private all() {
    return aboutNoApp(this.server());
  }
}
