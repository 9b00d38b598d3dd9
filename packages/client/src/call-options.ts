/** What calls may be given beside what they are about. */

export interface CallOptions {
  /** Ends the call when it is aborted. The error is then the signal's own reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a token came as: the value of a cookie, or nothing. */
export type Presented = string | null | undefined;

export interface ReadOptions extends CallOptions {
  /** Whether someone is there: the idle deadline slides, and the read counts. Default: false. */
  readonly touch?: boolean;
}

export interface GatheredReadOptions extends ReadOptions {
  /**
   * Whether it may travel with the other such reads of this turn of the event loop, in one request: much cheaper for a process that
   * has many requests in hand, and no later for one that has not. One with a `signal` travels alone, and all do on edge runtimes, which
   * keep what belongs to one request apart. Default: false.
   */
  readonly gather?: boolean;
}

export interface WriteOptions extends CallOptions {
  /** The version that the session must have; `any`: that there must be one. Else the call is refused: `version_mismatch`. */
  readonly ifVersion?: number | 'any';
  /** Of `lock`. The call is refused unless it holds: `lock_lost`. */
  readonly lock?: string;
  /** Whether the lock ends with the call, in the same step. Default: false. */
  readonly release?: boolean;
}

/** With the session its lock ends in any case. */
export type RevokeOptions = Omit<WriteOptions, 'release'> & EndOptions;

export interface EndOptions extends CallOptions {
  /** Why, for the event, the history and the audit log: 200 characters or less. */
  readonly reason?: string;
}

export interface LockOptions extends CallOptions {
  /** How long the lock holds at most: 300 seconds or less. Default: 30. */
  readonly lease?: number;
  /** How long to wait for others who have the lock, beside the time-out: 30 seconds or less. Default: 0. */
  readonly wait?: number;
}

export interface RepeatableOptions extends WriteOptions {
  /** Default: a new one for each call. To repeat a call later, even from another process, give it the same one. */
  readonly idempotencyKey?: string;
}

export interface ListOptions extends CallOptions {
  /** Only sessions touched in so many seconds. */
  readonly activeWithin?: number;
  readonly subject?: string;
  /** Sessions in a page: 1 to 1000. Default: 100. */
  readonly limit?: number;
  /** Of the page before. */
  readonly cursor?: string | null;
}
