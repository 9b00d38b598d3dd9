/**
 * The keys in force: looked up by hash, so the time of an answer does not depend on how much of a key was right.
 * Immutable: a reload makes a new ring. Knows nothing of files, headers or routes.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Principal } from '../core/principal.ts';
import { type KeyEntry, KeysError } from './entry.ts';
import { hashKey } from './format.ts';

/** What a caller showed: the key of its request and the names in its client certificate. */
export interface Presented {
  readonly key: string | null;
  readonly certificates: readonly string[];
}

export class KeyRing {
  readonly entries: readonly KeyEntry[];
  private readonly byHash = new Map<string, { readonly entry: KeyEntry; readonly hash: Buffer }>();
  private readonly byCertificate = new Map<string, KeyEntry>();
  /**
   * By the text of a right key that was shown before: its hash need not be made again. There is at most one text for each
   * entry. A key that was revoked is not in the next ring, and so not in its memo.
   */
  private readonly byText = new Map<string, KeyEntry>();

  /** Errors: KeysError when two entries share a name, a hash or a certificate. */
  constructor(entries: readonly KeyEntry[]) {
    this.entries = entries;
    const names = new Set<string>();
    for (const entry of entries) {
      if (names.has(entry.name)) throw new KeysError(`two keys have the name ${entry.name}`);
      names.add(entry.name);
      // A certificate beside a hash is a second condition, not a second way in.
      const same =
        entry.hash === null ? this.byCertificate.get(entry.certificate!) : this.byHash.get(entry.hash)?.entry;
      if (same !== undefined) throw new KeysError(`the keys ${same.name} and ${entry.name} are the same`);
      if (entry.hash === null) this.byCertificate.set(entry.certificate!, entry);
      else this.byHash.set(entry.hash, { entry, hash: Buffer.from(entry.hash, 'latin1') });
    }
  }

  /**
   * Finds whom the caller is. A key that is shown decides alone: a wrong one does not fall back on the certificate.
   * `onExpired` hears of a key that is right but no longer in force. Absence: null.
   */
  verify({ key, certificates }: Presented, now: number, onExpired: (name: string) => void): Principal | null {
    const entry = key === null ? this.ofCertificate(certificates) : this.ofKey(key, certificates);
    if (entry === null || entry.expiresAt === null || now < entry.expiresAt) return entry;
    onExpired(entry.name);
    return null;
  }

  private ofKey(key: string, certificates: readonly string[]): KeyEntry | null {
    const entry = this.byText.get(key) ?? this.lookUp(key);
    if (entry === null) return null;
    return entry.certificate === null || certificates.includes(entry.certificate) ? entry : null;
  }

  private lookUp(key: string): KeyEntry | null {
    const hash = hashKey(key);
    const found = this.byHash.get(hash);
    if (found === undefined || !timingSafeEqual(found.hash, Buffer.from(hash, 'latin1'))) return null;
    this.byText.set(key, found.entry);
    return found.entry;
  }

  private ofCertificate(certificates: readonly string[]): KeyEntry | null {
    for (const name of certificates) {
      const entry = this.byCertificate.get(name);
      if (entry !== undefined) return entry;
    }
    return null;
  }
}
