export type { CallOptions } from './connection.ts';
export {
  type Fault,
  SessionConfigurationError,
  SessionError,
  SessionNotFoundError,
  SessionServerLostError,
  SessionTimeoutError,
} from './errors.ts';
export type { SessionClientOptions } from './options.ts';
export { SessionClient } from './session-client.ts';
export type * from './types.ts';
