/** The rules an app's sessions live under. One default today; the policy file per app plugs in behind PolicySource. */

/** Units: milliseconds and bytes. Absence: null means none. */
export interface Policy {
  readonly idleTimeout: number;
  readonly minIdleTimeout: number;
  readonly maxIdleTimeout: number;
  readonly absoluteTimeout: number | null;
  readonly maxAbsoluteTimeout: number | null;
  /** What a classic create gets: none, as the original had none. */
  readonly classicAbsoluteTimeout: number | null;
  readonly maxSessionsPerSubject: number | null;
  readonly onLimit: OnLimit;
  /** Of the data of one session, as compact UTF-8 text. */
  readonly maxDataBytes: number;
  /** Of a token that a caller chooses. */
  readonly minCallerTokenLength: number;
  /** How long the token before a rotation still opens the session. */
  readonly rotationGrace: number;
}

/** What a create does when its subject already has as many sessions as allowed. */
export type OnLimit = 'revokeOldest' | 'revokeLeastRecentlyUsed' | 'refuse';

const SECOND = 1000;

export const DEFAULT_POLICY: Policy = Object.freeze({
  idleTimeout: 7200 * SECOND,
  minIdleTimeout: 10 * SECOND,
  // Clients ask for years ("remember me"); the largest value they could ever send was a signed 32-bit integer.
  maxIdleTimeout: 2_147_483_647 * SECOND,
  absoluteTimeout: 2_592_000 * SECOND,
  maxAbsoluteTimeout: null,
  classicAbsoluteTimeout: null,
  maxSessionsPerSubject: null,
  onLimit: 'revokeOldest',
  maxDataBytes: 65_536,
  minCallerTokenLength: 22,
  rotationGrace: 10 * SECOND,
});

/** Gives the policy of an app. */
export type PolicySource = (app: string) => Policy;
