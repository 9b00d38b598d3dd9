/**
 * Tells in the journal of the server what a reload has changed of policy and keys: names, never values. Many processes read the same
 * file, each in its own second, and each change is to be told once. So the store remembers the last changes that were told, in their order, each with
 * the instant of its telling and what the file was then. A process knows up to which of them it has come. A change that it finds behind
 * that is told by another one; else it tells it itself. So a late process tells nothing again, and a change that is made, taken back and made
 * again is told three times. A change has the mark of who tells it: one that the store has remembered, but whose answer was lost, is still to
 * be told by this process.
 */
import { randomUUID } from 'node:crypto';
import { type EventType, type JournalSource, SERVER_APP } from '../core/events.ts';
import type { SessionStore } from '../core/store.ts';

export interface RulesEventsOptions {
  readonly store: Pick<SessionStore, 'memo' | 'journal'>;
  readonly rules: JournalSource;
  readonly clock: () => number;
  readonly onError: (error: unknown) => void;
  /** Runs something later. Gives what keeps it from that. Units: milliseconds. */
  readonly later: (run: () => void, delay: number) => () => void;
}

export type RulesEvent = Extract<EventType, 'policy.changed' | 'key.changed'>;

/** How many changes are remembered, how long, and how much of a digest and of a mark. Units: milliseconds, characters. */
const REMEMBERED = 16;
const KEPT = 30 * 86_400_000;
const DIGEST = 16;
const MARK = 8;
/** The most names in an event. */
const MOST_NAMES = 100;
/** Units: milliseconds. */
const RETRY = 5000;

interface Remembered {
  readonly at: number;
  /** What the file was then. */
  readonly to: string;
  /** Of the process that tells it. '' where an earlier version does. */
  readonly mark: string;
}

export class RulesEvents {
  private readonly options: RulesEventsOptions;
  private readonly mark = randomUUID().slice(0, MARK);
  /** Up to which change this process has come, by the instant of its telling. */
  private readonly seen: Record<RulesEvent, number>;
  private last: Promise<void> = Promise.resolve();
  private wake: (() => void) | null = null;
  private isClosed = false;

  constructor(options: RulesEventsOptions) {
    this.options = options;
    const now = options.clock();
    this.seen = { 'policy.changed': now, 'key.changed': now };
  }

  /**
   * Tells of a change that is now in force, after those before it. `changed`: the names of what has changed. `digest`: of the file with the
   * change. Tries again until the store can do it; once this is closed no more.
   */
  tell(type: RulesEvent, changed: readonly string[], digest: string): void {
    this.last = this.last.then(() => this.tellAtLast(type, [...new Set(changed)], digest.slice(0, DIGEST)));
  }

  /** Resolves when each change has been told, or the store could not do it. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.wake?.();
    await this.last;
  }

  private async tellAtLast(type: RulesEvent, changed: readonly string[], digest: string): Promise<void> {
    const { rules, onError } = this.options;
    let isMine = false;
    while (rules(SERVER_APP) !== null) {
      try {
        isMine ||= await this.claim(type, digest);
        if (isMine) await this.append(type, changed);
        return;
      } catch (error) {
        onError(error);
        if (this.isClosed) return;
        await this.pause();
      }
    }
  }

  /** Enters a change among those that are told. Gives whether that was for this process to do. */
  private async claim(type: RulesEvent, digest: string): Promise<boolean> {
    const { store, clock } = this.options;
    let present: string | null = null;
    for (;;) {
      const told = rememberedIn(present);
      const found = told.find(({ at, to }) => at > this.seen[type] && to === digest);
      if (found !== undefined) {
        this.seen[type] = found.at;
        return found.mark === this.mark;
      }
      const now = clock();
      // It rises, whatever the clocks of the others say.
      const at = Math.max(now, this.seen[type] + 1, (told.at(-1)?.at ?? 0) + 1);
      const all = [...told, { at, to: digest, mark: this.mark }].slice(-REMEMBERED);
      const text = all.map((one) => `${one.at}:${one.to}:${one.mark}`).join(' ');
      const there = await store.memo(SERVER_APP, `told ${type}`, { text, instead: present, until: now + KEPT }, now);
      if (there === null) {
        this.seen[type] = at;
        return true;
      }
      present = there === '' ? null : there;
    }
  }

  private async append(type: RulesEvent, changed: readonly string[]): Promise<void> {
    const names = changed.slice(0, MOST_NAMES);
    const more = changed.length - names.length;
    const what = JSON.stringify({ changed: names, ...(more > 0 && { more }) });
    const event = { type, session: '', subject: null, version: 0, by: null, what };
    await this.options.store.journal.append(SERVER_APP, event, this.options.clock());
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.later(resolve, RETRY);
      this.wake = () => {
        cancel();
        resolve();
      };
      if (this.isClosed) this.wake();
    });
  }
}

function rememberedIn(text: string | null): Remembered[] {
  return (text ?? '').split(' ').flatMap((part) => {
    const [at, to, mark = ''] = part.split(':');
    return to === undefined ? [] : [{ at: Number(at), to, mark }];
  });
}
