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

export class KeySource {
  private ring: KeyRing;
  private readonly options: KeySourceOptions;
  private readonly reminder = new Reminder();
  private warned: readonly string[] = [];

  /** Errors: KeysError when the keys cannot be used. */
  constructor(options: KeySourceOptions) {
    this.options = options;
    this.ring = this.load();
  }

  /** When keys end, of those that do. Units: epoch milliseconds. */
  get ends(): { readonly name: string; readonly expiresAt: number }[] {
    return this.ring.entries.flatMap(({ name, expiresAt }) => (expiresAt === null ? [] : [{ name, expiresAt }]));
  }

  /**
   * Takes what the file holds now. `before` is told first what that changes, in words, if it changes something. Errors: KeysError, and
   * those of `before`; the keys from before stay then.
   */
  reload(before: (changes: readonly string[]) => void = () => {}): void {
    const next = this.load();
    const changes = changesBetween(this.ring.entries, next.entries);
    if (changes.length > 0) before(changes);
    this.ring = next;
    this.options.onEvent({ kind: 'loaded', keys: this.ring.entries.map(({ name }) => name) });
  }

  /** Finds whom the caller is. `onExpired` is told of a key that is no longer in force, once a minute. Absence: null. */
  verify(presented: Presented, now: number, onExpired: (key: string) => void): Principal | null {
    return this.ring.verify(presented, now, (key) => {
      if (this.reminder.isDue(key, now)) onExpired(key);
    });
  }

  private load(): KeyRing {
    const { file, list } = this.options;
    const fromFile = named('RS_KEYS_FILE', () => new KeyRing(file === null ? [] : this.entriesOf(file)));
    if (list === null) return fromFile;
    return named('RS_API_KEYS', () => new KeyRing([...fromFile.entries, ...parseKeyList(list)]));
  }

  /** What is not as it should be, but no fault, is told when it begins, and not with each reload. */
  private entriesOf(file: string): readonly KeyEntry[] {
    const { entries, warnings } = readKeysFile(file);
    for (const why of warnings) if (!this.warned.includes(why)) this.options.onEvent({ kind: 'warning', why });
    this.warned = warnings;
    return entries;
  }
}

/** Says in a fault which variable it is about. */
function named(variable: string, read: () => KeyRing): KeyRing {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    throw new KeysError(`${variable}: ${error.message}`);
  }
}
