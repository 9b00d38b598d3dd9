/** What routes know of the API keys, beside who calls. */
import type { Principal } from '../../core/principal.ts';

/** A key as it may be seen: never its hash. Units: epoch milliseconds. */
export interface ListedKey extends Principal {
  /** Absence: null where nobody has written it down. */
  readonly createdAt: number | null;
  /** Absence: null when it does not expire. */
  readonly expiresAt: number | null;
  /** Absence: null when it was not used since the server started. */
  readonly lastUsedAt: number | null;
  /** Whether a caller must have a client certificate, with the key or in its place. */
  readonly certificate: boolean;
  readonly source: (typeof KEY_SOURCES)[number];
}

/** Where a key is configured: `RS_KEYS_FILE`, or `RS_API_KEYS`. */
export const KEY_SOURCES = ['file', 'environment'] as const;

/** Gives all keys in force, those that have expired too. Absence: none on a server without keys. */
export type ListKeys = () => Promise<readonly ListedKey[]>;
