/** Writes the state of a webhook when it has changed: at most twice a second, and never two writes at a time. */
import type { Timer } from '../core/lock-waiting.ts';
import { type Note, REFRESH } from './state.ts';

/** Units: milliseconds. */
const SAVE_EVERY = 500;

export interface KeeperOptions {
  readonly note: Note;
  /** Gives the state as it is. Absence: null while there is none to write. */
  readonly text: () => string | null;
  /** Told when another process, or an administrator, has written it since. */
  readonly onLost: () => Promise<void>;
  readonly clock: () => number;
  readonly later: Timer;
  readonly onError: (error: unknown) => void;
}

export class Keeper {
  private readonly options: KeeperOptions;
  private savedAt = Number.NEGATIVE_INFINITY;
  private saving: Promise<void> | null = null;
  private cancel: (() => void) | null = null;
  private isClosed = false;

  constructor(options: KeeperOptions) {
    this.options = options;
  }

  /** Reads what stands in the store. Absence: null. Errors: those of the store. */
  async read(): Promise<string | null> {
    const { note, clock } = this.options;
    const text = await note.read(clock());
    if (text !== null) this.savedAt = clock();
    return text;
  }

  /** The state is another one. */
  touch(): void {
    if (this.cancel !== null || this.isClosed) return;
    this.cancel = this.options.later(() => {
      this.cancel = null;
      void this.save();
    }, SAVE_EVERY);
  }

  /** Writes it where it was not for so long that the store would forget it. */
  refresh(): void {
    if (this.options.clock() - this.savedAt > REFRESH) this.touch();
  }

  /** Writes by itself no more. */
  close(): void {
    this.isClosed = true;
    this.cancel?.();
  }

  /** Writes it now, after `close`, too. */
  async save(): Promise<void> {
    this.cancel?.();
    this.cancel = null;
    while (this.saving !== null) await this.saving;
    this.saving = this.write().finally(() => {
      this.saving = null;
    });
    await this.saving;
  }

  private async write(): Promise<void> {
    const { note, text, onLost, clock, onError } = this.options;
    try {
      const state = text();
      if (state === null) return;
      if (await note.write(state, clock())) this.savedAt = clock();
      else if (!this.isClosed) await onLost();
    } catch (error) {
      onError(error);
      this.touch();
    }
  }
}
