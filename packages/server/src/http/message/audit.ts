/** What routes tell an audit log, and what it must do with it. Made in audit/. */
import type { ErrorCode } from '../../core/errors.ts';

/**
 * The end of one session by its id, of those of a subject, of those of an app; what is kept of a subject's ended ones is erased; what an
 * administrator does with a webhook. Of the console: who logs in and out.
 */
export type Act =
  | 'session.end'
  | 'subject.end'
  | 'app.end'
  | 'history.erase'
  | 'webhook.resend'
  | 'webhook.replay'
  | 'webhook.test'
  | 'webhook.enable'
  | 'console.login'
  | 'console.logout'
  | 'console.logout-everywhere';

/** What an act is about. */
export interface Target {
  readonly app: string;
  readonly session?: string;
  readonly subject?: string;
  /** The id of a session that goes on. */
  readonly except?: string;
  /** The name of one. */
  readonly webhook?: string;
  readonly reason?: string;
}

/** What a line says of a request. Absence: null. */
export interface Facts extends Target {
  /** The name of the API key; of the console's own, of its user. */
  readonly key: string | null;
  /** Where it was done in the console. */
  readonly via?: 'console';
  /** Of the caller's connection. */
  readonly address: string | null;
  readonly requestId: string;
}

export type Outcome =
  | { readonly outcome: 'done'; readonly ended: number }
  | { readonly outcome: 'failed'; readonly code: ErrorCode };

export interface Begun {
  /** Resolves when the outcome is written, or will be later. */
  readonly end: (outcome: Outcome) => Promise<void>;
}

export interface Audit {
  /** Resolves when it is durable that the act begins. Errors: `audit_unavailable`; then nothing may be done. */
  begin(act: Act, facts: Facts): Promise<Begun>;
  /** Resolves when it is durable that the caller was turned away, or counted. Errors: `audit_unavailable`. */
  refused(act: Act, facts: Facts, code: ErrorCode): Promise<void>;
  /** Resolves when it is durable that it was done. Errors: `audit_unavailable`; it may have to be taken back then. */
  noted(act: Act, facts: Facts): Promise<void>;
}
