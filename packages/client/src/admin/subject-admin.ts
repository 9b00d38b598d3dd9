/** A subject of an app: its sessions, their end, and what has ended. */
import type { CallOptions, EndOptions, ListOptions } from '../call-options.ts';
import { eraseHistory, history } from '../event-calls.ts';
import type { HistoryEntry } from '../event-types.ts';
import { subjectPath } from '../request-parts.ts';
import type { Session, SessionCount, SessionPage } from '../types.ts';
import { call, each, type SettingsOf } from './calls.ts';

export class SubjectAdmin {
  readonly subject: string;
  private readonly settings: SettingsOf;

  constructor(settings: SettingsOf, subject: string) {
    this.settings = settings;
    this.subject = subject;
  }

  /** Gives a page of its sessions, the latest activity first. Scope: read. Absence: an empty page. */
  async list({ signal, ...query }: Omit<ListOptions, 'subject'> = {}): Promise<SessionPage> {
    return call(this.settings(), 'GET', subjectPath(this.subject), { query, signal, has: 'sessions' });
  }

  /** Goes through its sessions, page by page. */
  each(options: Omit<ListOptions, 'subject' | 'cursor'> = {}): AsyncGenerator<Session, void, undefined> {
    return each(async (from) => {
      const { sessions: items, cursor } = await this.list({ limit: 1000, ...options, cursor: from });
      return { items, cursor };
    });
  }

  /** Counts them. Scope: read. */
  async count({ signal, ...query }: Pick<ListOptions, 'activeWithin' | 'signal'> = {}): Promise<number> {
    const path = `${subjectPath(this.subject)}:count`;
    return (await call<SessionCount>(this.settings(), 'GET', path, { query, signal, has: 'sessions' })).sessions;
  }

  /** Ends all of them. `except`: the id of one that goes on. Gives how many were ended. Scope: revoke. */
  async revokeAll({ signal, ...query }: EndOptions & { readonly except?: string | undefined } = {}): Promise<number> {
    const asked = { query, signal, has: 'revoked' };
    return (await call<{ revoked: number }>(this.settings(), 'DELETE', subjectPath(this.subject), asked)).revoked;
  }

  /** Gives those that have ended, the latest first, as far as the policy of the app keeps them. Scope: read. */
  async history(options: CallOptions = {}): Promise<HistoryEntry[]> {
    return history(this.settings(), this.subject, options);
  }

  /** Erases them. Gives how many entries there were. Scope: admin. */
  async eraseHistory(options: CallOptions = {}): Promise<number> {
    return eraseHistory(this.settings(), this.subject, options);
  }
}
