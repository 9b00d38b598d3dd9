/**
 * The keys in force: looked up by hash, so the time of an answer does not depend on how much of a key was right.
 * A reload makes a new ring; of the old one it takes when each key was last used. Knows nothing of files, headers or routes.
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

/** A key in the ring. `usedAt`: a number and no object, so that noting a use allocates nothing; 0 when it was not used. */
interface Held {
  readonly entry: KeyEntry;
  usedAt: number;
}

export class KeyRing {
  readonly entries: readonly KeyEntry[];
  private readonly held: readonly Held[];
  private readonly byHash = new Map<string, { readonly held: Held; readonly hash: Buffer }>();
  private readonly byCertificate = new Map<string, Held>();
  /**
   * By the text of a right key that was shown before: its hash need not be made again. There is at most one text for each
   * entry. A key that was revoked is not in the next ring, and so not in its memo.
   */
  private readonly byText = new Map<string, Held>();

  /** `before`: the ring that this one takes the place of. Errors: KeysError when two entries share a name, a hash or a certificate. */
  constructor(entries: readonly KeyEntry[], before: KeyRing | null = null) {
    this.entries = entries;
    const used = new Map(before?.held.map(({ entry, usedAt }) => [identityOf(entry), usedAt]));
    this.held = entries.map((entry) => ({ entry, usedAt: used.get(identityOf(entry)) ?? 0 }));
    const names = new Set<string>();
    for (const held of this.held) {
      const { entry } = held;
      if (names.has(entry.name)) throw new KeysError(`two keys have the name ${entry.name}`);
      names.add(entry.name);
      // A certificate beside a hash is a second condition, not a second way in.
      const same = entry.hash === null ? this.byCertificate.get(entry.certificate!) : this.byHash.get(entry.hash)?.held;
      if (same !== undefined) throw new KeysError(`the keys ${same.entry.name} and ${entry.name} are the same`);
      if (entry.hash === null) this.byCertificate.set(entry.certificate!, held);
      else this.byHash.set(entry.hash, { held, hash: Buffer.from(entry.hash, 'latin1') });
    }
  }

  /** Gives when keys were used last, by their names, without those that were not. Units: epoch milliseconds. */
  get uses(): Record<string, number> {
    return Object.fromEntries(
      this.held.filter(({ usedAt }) => usedAt > 0).map(({ entry, usedAt }) => [entry.name, usedAt]),
    );
  }

  /**
   * Finds whom the caller is. A key that is shown decides alone: a wrong one does not fall back on the certificate.
   * `onExpired` hears of a key that is right but no longer in force. Absence: null.
   */
  verify({ key, certificates }: Presented, now: number, onExpired: (name: string) => void): Principal | null {
    const held = key === null ? this.ofCertificate(certificates) : this.ofKey(key, certificates);
    if (held === null) return null;
    const { entry } = held;
    if (entry.expiresAt === null || now < entry.expiresAt) {
      held.usedAt = now;
      return entry;
    }
    onExpired(entry.name);
    return null;
  }

  private ofKey(key: string, certificates: readonly string[]): Held | null {
    const held = this.byText.get(key) ?? this.lookUp(key);
    if (held === null) return null;
    const { certificate } = held.entry;
    return certificate === null || certificates.includes(certificate) ? held : null;
  }

  private lookUp(key: string): Held | null {
    const hash = hashKey(key);
    const found = this.byHash.get(hash);
    if (found === undefined || !timingSafeEqual(found.hash, Buffer.from(hash, 'latin1'))) return null;
    this.byText.set(key, found.held);
    return found.held;
  }

  private ofCertificate(certificates: readonly string[]): Held | null {
    for (const name of certificates) {
      const held = this.byCertificate.get(name);
      if (held !== undefined) return held;
    }
    return null;
  }
}

/** A key that was replaced under its name is another one: whoever did it asks whether the new one is in use. */
function identityOf({ name, hash, certificate }: KeyEntry): string {
  return `${name} ${hash} ${certificate}`;
}
