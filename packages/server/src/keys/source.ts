/**
 * The ring in force and where it comes from. A reload takes the new keys as a whole or not at all: with a file that has a
 * fault, those that were right before stay right, and the fault is told.
 */
import { unwatchFile, watchFile } from 'node:fs';
import type { Principal } from '../core/principal.ts';
import { Reminder } from '../limits/reminder.ts';
import { KeysError, parseKeyList } from './entry.ts';
import { readKeysFile } from './file.ts';
import { KeyRing, type Presented } from './ring.ts';

/** Units: milliseconds. How soon a changed file is seen, on any file system and through symbolic links. */
const WATCH_INTERVAL = 2000;

export interface KeySourceOptions {
  /** Absence: null when the variable is not set. */
  readonly file: string | null;
  readonly list: string | null;
  readonly onEvent: (event: KeyEvent) => void;
}

/** What an operator wants to know. Names of keys, never keys. */
export type KeyEvent =
  | { readonly kind: 'loaded'; readonly keys: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'expired'; readonly key: string };

export class KeySource {
  private ring: KeyRing;
  private readonly options: KeySourceOptions;
  private readonly reminder = new Reminder();
  private readonly onChange = () => this.reload();

  /** Errors: KeysError when the keys cannot be used. */
  constructor(options: KeySourceOptions) {
    this.options = options;
    this.ring = load(options);
    if (options.file !== null) {
      watchFile(options.file, { interval: WATCH_INTERVAL, persistent: false }, this.onChange);
    }
  }

  /** Takes what the file holds now. */
  reload(): void {
    const { onEvent } = this.options;
    try {
      this.ring = load(this.options);
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      onEvent({ kind: 'refused', why: error.message });
      return;
    }
    onEvent({ kind: 'loaded', keys: this.ring.entries.map(({ name }) => name) });
  }

  /** Finds whom the caller is. Absence: null. */
  verify(presented: Presented, now: number): Principal | null {
    return this.ring.verify(presented, now, (key) => {
      if (this.reminder.isDue(key, now)) this.options.onEvent({ kind: 'expired', key });
    });
  }

  close(): void {
    if (this.options.file !== null) unwatchFile(this.options.file, this.onChange);
  }
}

function load({ file, list }: KeySourceOptions): KeyRing {
  const fromFile = named('RS_KEYS_FILE', () => new KeyRing(file === null ? [] : readKeysFile(file)));
  if (list === null) return fromFile;
  return named('RS_API_KEYS', () => new KeyRing([...fromFile.entries, ...parseKeyList(list)]));
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
