export type {
  CallOptions,
  EndOptions,
  GatheredReadOptions,
  ListOptions,
  LockOptions,
  ReadOptions,
  RepeatableOptions,
  RevokeOptions,
  WriteOptions,
} from './call-options.ts';
export {
  type Fault,
  SessionConfigurationError,
  SessionError,
  SessionNotFoundError,
  SessionServerLostError,
  SessionTimeoutError,
} from './errors.ts';
export type { EventPageOptions } from './event-calls.ts';
export type { EventsOptions } from './event-iterator.ts';
export type * from './event-types.ts';
export type { NearCacheOptions } from './near-cache-options.ts';
export type { SessionClientOptions } from './options.ts';
export { SessionClient } from './session-client.ts';
export type * from './types.ts';
