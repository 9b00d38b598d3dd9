/**
 * The ring in force and where it comes from. A reload takes the new keys as a whole or not at all: with a file that has a
 * fault, those that were right before stay right, and the fault is told.
 */
import type { Principal } from '../core/principal.ts';
import { Reminder } from '../limits/reminder.ts';
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
  | { readonly kind: 'warning'; readonly why: string }
  | { readonly kind: 'expired'; readonly key: string };

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

  /** Takes what the file holds now. Errors: KeysError; those from before stay then. */
  reload(): void {
    this.ring = this.load();
    this.options.onEvent({ kind: 'loaded', keys: this.ring.entries.map(({ name }) => name) });
  }

  /** Gives when each key ends that ends. Units: epoch milliseconds. */
  get ends(): readonly number[] {
    return this.ring.entries.flatMap(({ expiresAt }) => expiresAt ?? []);
  }

  /** Finds whom the caller is. Absence: null. */
  verify(presented: Presented, now: number): Principal | null {
    return this.ring.verify(presented, now, (key) => {
      if (this.reminder.isDue(key, now)) this.options.onEvent({ kind: 'expired', key });
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
