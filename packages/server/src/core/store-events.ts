/** What a store tells beside its answers (store.ts). */
import type { JournalSource } from './events.ts';

export interface StoreEvents {
  /** Told of failures that no request waits for. */
  readonly onError: (error: unknown) => void;
  /** Told when a token was presented that a rotation has replaced, after its grace: it may have been stolen. Not when it is looked for. */
  readonly onTokenReuse?: ((app: string, id: string) => void) | undefined;
  /** Told how many sessions of an app a sweep has removed, once that is as durable as the store can make it. */
  readonly onExpired?: ((app: string, sessions: number) => void) | undefined;
  /** What is kept of each app beside its sessions. Default: nothing. */
  readonly journal?: JournalSource | undefined;
  /** Told how many operations the store did together in one call or transaction. */
  readonly onBatch?: ((size: number) => void) | undefined;
}
