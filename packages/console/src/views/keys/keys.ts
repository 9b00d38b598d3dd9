/** The keys of the server, and how soon one ends. A key itself is never told: who lost one gets another. */

/** Absence: null for a key that says nothing of it; `lastUsedAt` is null, too, while it was not used since the start. */
export interface KeyEntry {
  readonly name: string;
  readonly apps: '*' | readonly string[];
  readonly scopes: readonly string[];
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  /** Whether it is known by a client certificate. */
  readonly certificate: boolean;
  readonly source: 'file' | 'environment';
}

export type KeyState = 'valid' | 'soon' | 'expired';

/** Time enough to make another one and to give it to whoever uses this. Units: milliseconds. */
const SOON = 14 * 86_400_000;

/** `now`: epoch milliseconds. */
export function stateOf({ expiresAt }: Pick<KeyEntry, 'expiresAt'>, now: number): KeyState {
  if (expiresAt === null) return 'valid';
  const left = Date.parse(expiresAt) - now;
  if (left <= 0) return 'expired';
  return left <= SOON ? 'soon' : 'valid';
}

/** Those that need somebody first: what ends soon, by its end; then what is expired; then all others by name. */
export function ordered(keys: readonly KeyEntry[], now: number): KeyEntry[] {
  const rank = { soon: 0, expired: 1, valid: 2 };
  return [...keys].sort((a, b) => {
    const [first, second] = [stateOf(a, now), stateOf(b, now)];
    if (first !== second) return rank[first] - rank[second];
    if (first === 'soon') return Date.parse(a.expiresAt!) - Date.parse(b.expiresAt!);
    return a.name < b.name ? -1 : 1;
  });
}
