/** What the server answers, as far as the console reads it. Instants are ISO 8601 in UTC; durations are seconds. */

export type Scope = 'verify' | 'read' | 'write' | 'revoke' | 'admin' | 'data';

export interface Me {
  readonly name: string;
  readonly way: 'key' | 'password' | 'open';
  readonly scopes: readonly Scope[];
  /** `*`: all there are. */
  readonly apps: '*' | readonly string[];
  readonly idleTimeout: number;
  /** When the login ends unless somebody is active. */
  readonly expiresAt: string;
  readonly absoluteExpiresAt: string;
}

export interface Session {
  readonly id: string;
  readonly app: string;
  readonly subject: string | null;
  readonly createdAt: string;
  readonly authenticatedAt: string | null;
  readonly lastSeenAt: string;
  readonly expiresAt: string | null;
  readonly absoluteExpiresAt: string | null;
  readonly idleTimeout: number | null;
  readonly version: number;
  readonly reads: number;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly label: string | null;
  /** Only for those with the scope `data`. */
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface SessionPage {
  readonly sessions: readonly Session[];
  readonly cursor: string | null;
}

export interface HistoryEntry {
  readonly id: string;
  readonly label: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly endedAt: string;
  readonly reason: string;
  readonly by: string | null;
  readonly note: string | null;
}

/** A CloudEvent. `subject`: the public id of the session; `data.subject`: the user. */
export interface SessionEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly sequence: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventPage {
  readonly events: readonly SessionEvent[];
  readonly next: string;
  readonly resync?: true;
  /** The page ends before the end of the journal. */
  readonly more?: true;
}

export interface AppCounts {
  readonly app: string;
  readonly subjects: number;
  readonly sessions: number;
}

export interface SearchAnswer {
  readonly kind: 'token' | 'session' | 'subject' | 'none';
  readonly session: Session | null;
  readonly subject: string | null;
  readonly sessions: number;
}
