/**
 * The ring in force and where it comes from. A reload takes the new keys as a whole or not at all: with a file that has a
 * fault, those that were right before stay right, and the fault is told.
 */
import type { Principal } from '../core/principal.ts';
import { Reminder } from '../limits/reminder.ts';
import { changesBetween } from './changes.ts';
import { type KeyEntry, KeysError, parseKeyList } from './entry.ts';
import { readKeysFile } from './file.ts';
import { KeyRing, type Presented } from './ring.ts';

export interface KeySourceOptions {
  /** Absence: null when the variable is not set. */
  readonly file: string | null;
  readonly list: string | null;
  readonly onEvent: (event: KeyEvent) => void;
}

/** What an operator wants to know. Names of keys, never keys. */
export type KeyEvent =
  | { readonly kind: 'loaded'; readonly keys: readonly string[] }
  | { readonly kind: 'warning'; readonly why: string };

interface Loaded {
  readonly ring: KeyRing;
  /** How many entries of the ring, the first ones, are of the file. */
  readonly inFile: number;
  readonly digest: string | null;
}

/** A key as it may be seen: never its hash. Units: epoch milliseconds. */
export interface ShownKey extends Pick<KeyEntry, 'name' | 'apps' | 'scopes' | 'createdAt' | 'expiresAt'> {
  /** Whether a caller must have a client certificate, with the key or in its place. */
  readonly certificate: boolean;
  /** Where it is configured. */
  readonly source: 'file' | 'environment';
}

export class KeySource {
  private inForce: Loaded;
  private readonly options: KeySourceOptions;
  private readonly reminder = new Reminder();
  private warned: readonly string[] = [];

  /** Errors: KeysError when the keys cannot be used. */
  constructor(options: KeySourceOptions) {
    this.options = options;
    this.inForce = this.load(null);
  }

  /** The SHA-256 of the file whose keys are in force, in hexadecimal digits. Absence: null without a file. */
  get digest(): string | null {
    return this.inForce.digest;
  }

  /** The keys in force, and those that have expired. */
  get entries(): readonly KeyEntry[] {
    return this.inForce.ring.entries;
  }

  /** When keys end, of those that do. Units: epoch milliseconds. */
  get ends(): { readonly name: string; readonly expiresAt: number }[] {
    return this.inForce.ring.entries.flatMap(({ name, expiresAt }) =>
      expiresAt === null ? [] : [{ name, expiresAt }],
    );
  }

  /** All keys, those that have expired too, in the order in which they are configured. */
  get shown(): ShownKey[] {
    const { ring, inFile } = this.inForce;
    return ring.entries.map(({ name, apps, scopes, createdAt, expiresAt, certificate }, i) => ({
      ...{ name, apps, scopes, createdAt, expiresAt },
      certificate: certificate !== null,
      source: i < inFile ? 'file' : 'environment',
    }));
  }

  /** Gives when keys were used last in this process, by their names, without those that were not. Units: epoch milliseconds. */
  get uses(): Readonly<Record<string, number>> {
    return this.inForce.ring.uses;
  }

  /**
   * Takes what the file holds now. `before` is told first what that changes, in words, if it changes something, with the digest of the file
   * that is to be in force. Errors: KeysError, and those of `before`; the keys from before stay then.
   */
  reload(before: (changes: readonly string[], digest: string) => void = () => {}): void {
    const next = this.load(this.inForce.ring);
    const changes = changesBetween(this.inForce.ring.entries, next.ring.entries);
    if (changes.length > 0) before(changes, next.digest ?? '');
    this.inForce = next;
    this.options.onEvent({ kind: 'loaded', keys: next.ring.entries.map(({ name }) => name) });
  }

  /** Finds whom the caller is. `onExpired` is told of a key that is no longer in force, once a minute. Absence: null. */
  verify(presented: Presented, now: number, onExpired: (key: string) => void): Principal | null {
    return this.inForce.ring.verify(presented, now, (key) => {
      if (this.reminder.isDue(key, now)) onExpired(key);
    });
  }

  private load(before: KeyRing | null): Loaded {
    const { file, list } = this.options;
    const { entries, digest } = named('RS_KEYS_FILE', () => this.contentsOf(file));
    const loaded = { inFile: entries.length, digest };
    const fromFile = named('RS_KEYS_FILE', () => new KeyRing(entries, before));
    if (list === null) return { ring: fromFile, ...loaded };
    const all = named('RS_API_KEYS', () => new KeyRing([...entries, ...parseKeyList(list)], before));
    return { ring: all, ...loaded };
  }

  /** What is not as it should be, but no fault, is told when it begins, and not with each reload. */
  private contentsOf(file: string | null): { readonly entries: readonly KeyEntry[]; readonly digest: string | null } {
    if (file === null) return { entries: [], digest: null };
    const { entries, digest, warnings } = readKeysFile(file);
    for (const why of warnings) if (!this.warned.includes(why)) this.options.onEvent({ kind: 'warning', why });
    this.warned = warnings;
    return { entries, digest };
  }
}

/** Says in a fault which variable it is about. */
function named<T>(variable: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    throw new KeysError(`${variable}: ${error.message}`);
  }
}
