export type { CallOptions, EndOptions, ListOptions } from '../call-options.ts';
export {
  type Fault,
  SessionConfigurationError,
  SessionError,
  SessionNotFoundError,
  SessionServerLostError,
  SessionTimeoutError,
} from '../errors.ts';
export type { EventPageOptions } from '../event-calls.ts';
export type { EventsOptions } from '../event-iterator.ts';
export type * from '../event-types.ts';
export type { Activity, AppCounts, Session, SessionData, SessionPage } from '../types.ts';
export { AdminClient, type AuditOptions } from './admin-client.ts';
export type { AppAdmin } from './app-admin.ts';
export type { AdminClientOptions, TlsOptions } from './options.ts';
export type { SubjectAdmin } from './subject-admin.ts';
export type * from './types.ts';
export type { DeadLetterOptions, WebhookAdmin } from './webhook-admin.ts';
