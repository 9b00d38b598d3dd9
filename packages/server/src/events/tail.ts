/**
 * Tells, in this process, that the journal of an app may be longer: at once when this process has written, and within one look
 * when another has. One tail serves all who listen (streams, long polls, webhooks), so the store is asked once for all of them.
 */
import { comparePositions, type Journal, type Position } from '../core/events.ts';

/** Units: milliseconds. The rest between two looks, and the longest one while the store fails. */
const REST = 50;
const LONGEST_REST = 2000;

/**
 * Is told that there may be more. `last`: where the journal ends by now; who has read up to there needs not read again. Absence:
 * null where it is only known that something was written. It is called in the middle of others' work: it must neither throw nor
 * take its time.
 */
export type Listener = (last: Position | null) => void;

export interface TailOptions {
  readonly journal: Pick<Journal, 'lasts' | 'watch'>;
  /** Runs something after milliseconds. Gives a function that prevents it. */
  readonly later: (run: () => void, delay: number) => () => void;
  /** Is told of a look that failed. The tail goes on by itself. */
  readonly onError: (error: unknown) => void;
}

interface Heard {
  readonly listeners: Set<Listener>;
  /** Absence: null until the first look. */
  last: Position | null;
}

export class Tail {
  private readonly options: TailOptions;
  private readonly apps = new Map<string, Heard>();
  private unwatch: (() => void) | null = null;
  private cancel: (() => void) | null = null;
  private isLooking = false;
  private rest = REST;
  private isClosed = false;

  constructor(options: TailOptions) {
    this.options = options;
  }

  /**
   * Has a listener told from now on. The first look after this tells in any case, so nothing is missed between a read and this
   * call. Gives a function that ends it.
   */
  wake(app: string, listener: Listener): () => void {
    if (this.isClosed) return () => {};
    const heard = this.apps.get(app) ?? { listeners: new Set(), last: null };
    this.apps.set(app, heard);
    // A listener of its own for each call: one function may listen twice.
    const own: Listener = (last) => listener(last);
    heard.listeners.add(own);
    heard.last = null;
    this.begin();
    return () => {
      heard.listeners.delete(own);
      if (heard.listeners.size > 0 || this.apps.get(app) !== heard) return;
      this.apps.delete(app);
      if (this.apps.size === 0) this.pause();
    };
  }

  /** Tells nobody any more, and leaves no timer. */
  close(): void {
    this.isClosed = true;
    this.apps.clear();
    this.pause();
  }

  private begin(): void {
    this.unwatch ??= this.options.journal.watch((app) => this.tell(this.apps.get(app), null));
    if (this.cancel === null && !this.isLooking) this.lookAfter(REST);
  }

  private pause(): void {
    this.unwatch?.();
    this.unwatch = null;
    this.cancel?.();
    this.cancel = null;
  }

  private lookAfter(delay: number): void {
    this.cancel = this.options.later(() => {
      this.cancel = null;
      void this.look();
    }, delay);
  }

  private async look(): Promise<void> {
    this.isLooking = true;
    const asked = [...this.apps];
    try {
      const lasts = await this.options.journal.lasts(asked.map(([app]) => app));
      this.rest = REST;
      for (const [i, [, heard]] of asked.entries()) {
        const last = lasts[i]!;
        if (heard.last !== null && comparePositions(heard.last, last) === 0) continue;
        heard.last = last;
        this.tell(heard, last);
      }
    } catch (error) {
      this.rest = Math.min(2 * this.rest, LONGEST_REST);
      this.options.onError(error);
    }
    this.isLooking = false;
    if (this.apps.size > 0) this.lookAfter(this.rest);
  }

  private tell(heard: Heard | undefined, last: Position | null): void {
    // A copy: a listener may end its own listening, and begin another.
    for (const listener of [...(heard?.listeners ?? [])]) listener(last);
  }
}
