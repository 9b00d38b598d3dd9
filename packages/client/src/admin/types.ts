/** What operators read. Instants are RFC 3339 texts, durations are seconds. */
import type { ServerEvent, SessionEvent } from '../event-types.ts';
import type * as api from '../openapi.ts';

/** An app that has sessions, and how many. */
export type AppSummary = api.AppCounts;
/** How a webhook stands. */
export type Webhook = api.Webhook;
/** What came of sending something to a receiver. */
export type Delivery = api.Sent;
/** `left`: dead letters that are still there. */
export type Resent = api.Resent;

/** An event that was given up. */
export type DeadLetter = Omit<api.DeadLetter, 'event'> & { readonly event: SessionEvent };

export interface DeadLetterPage {
  readonly deadLetters: DeadLetter[];
  readonly cursor: string | null;
}

/** An event of a server: of one of its apps, or of itself (for keys of all apps). */
export type AnyEvent = SessionEvent | ServerEvent;

/** An event of a stream of all apps. `position`: go on `after` it. */
export type AnyStreamedEvent = AnyEvent & { readonly position: string };

export interface AnyEventPage {
  /** The oldest first. */
  readonly events: AnyEvent[];
  readonly next: string;
  /** Whether others may stand behind it: ask again at once, also where the page is empty, as one with a filter may be. */
  readonly more: boolean;
  /** Whether events between `after` and this page were dropped. */
  readonly resync: boolean;
}

/** One value that applies to an app, named and measured as in the policy file. Secrets are never among them. */
export interface PolicyValue {
  readonly name: string;
  readonly value: unknown;
  /** Which layer says so: the app, the `defaults` of the file, or the server. */
  readonly from: 'app' | 'defaults' | 'built-in';
}

export interface PolicyChange {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What applies to an app. */
export interface PolicyInForce {
  readonly app: string;
  readonly values: readonly PolicyValue[];
  /** The name of the policy file, without its folder. Absence: null without a file. */
  readonly file: string | null;
  /** What the last reading of the file changed of this app. Absence: null when it was not read anew since the start. */
  readonly reload: { readonly at: string; readonly changed: readonly PolicyChange[] } | null;
}

/** An API key, without anything that it could be used by. */
export interface ApiKey {
  readonly name: string;
  readonly apps: '*' | readonly string[];
  readonly scopes: readonly string[];
  readonly createdAt: string | null;
  /** Absence: null for never. */
  readonly expiresAt: string | null;
  /** Since this server started. Absence: null for not yet. */
  readonly lastUsedAt: string | null;
  /** Whether its caller must have a client certificate. */
  readonly certificate: boolean;
  readonly source: 'file' | 'environment';
}

/** How many sessions began and ended, in steps of `step` seconds, the oldest first. */
export interface Series {
  readonly app: string;
  readonly period: 'hour' | 'day';
  readonly step: number;
  /** When the first step begins. */
  readonly from: string;
  /** When this server began to count: what is before it is 0. */
  readonly since: string;
  readonly created: readonly number[];
  /** By the reason; `expired`: by a deadline, when it was removed. */
  readonly ended: Readonly<Record<string, readonly number[]>>;
}

/** A line of the audit log: who did what, and what came of it. All members are in docs/operations/logs.md. */
export interface AuditEntry {
  readonly time: string;
  /** `session.end`, `subject.end`, `app.end`, `policy.change`, … */
  readonly act: string;
  /** `begun`, and then `done` or `failed` with the same `id`; or `refused`. */
  readonly outcome: string;
  readonly [member: string]: unknown;
}

export interface AuditPage {
  /** Whether the server keeps an audit log (RS_AUDIT_LOG). */
  readonly on: boolean;
  /** False where its lines go to standard error: whoever collects them has them. */
  readonly readable: boolean;
  /** The latest first. */
  readonly entries: readonly AuditEntry[];
  /** Give it as `before` for what is older. Absence: null at the beginning of the log. */
  readonly next: string | null;
}
