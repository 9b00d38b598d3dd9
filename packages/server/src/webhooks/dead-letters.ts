/**
 * Events that were given up: kept one by one, with a list of their numbers, so that each process can show them, send them once more and
 * strike them off. They do not depend on the journal, which may drop them long before anybody looks. A number is never used again: whoever
 * reads page by page goes on behind the last one of a page.
 */
import { packEvent, unpackEvent } from '../core/event-line.ts';
import type { JournalEvent } from '../core/events.ts';
import type { SessionStore } from '../core/store.ts';
import { Note } from './state.ts';

/** How many a webhook keeps. The oldest makes room, and is counted. */
export const MOST_DEAD = 1000;

export interface DeadLetter {
  /** A rising number. */
  readonly id: number;
  /** Units: epoch milliseconds. */
  readonly at: number;
  readonly attempts: number;
  readonly why: string;
  readonly event: JournalEvent;
}

/** The numbers of those that are kept, the oldest first, and the highest there ever was: 0 before the first. */
interface List {
  readonly last: number;
  readonly ids: readonly number[];
}

export class DeadLetters {
  private readonly store: Pick<SessionStore, 'memo'>;
  private readonly clock: () => number;
  private readonly name: string;

  constructor(store: Pick<SessionStore, 'memo'>, app: string, webhook: string, clock: () => number) {
    this.store = store;
    this.clock = clock;
    this.name = `dead.${app}.${webhook}`;
  }

  /** Keeps them, and gives how many older ones had to go. */
  async add(events: readonly JournalEvent[], attempts: number, why: string): Promise<number> {
    const now = this.clock();
    let { last } = listIn(await this.list().read(now));
    const added: number[] = [];
    for (const event of events) {
      last = await this.put(JSON.stringify([now, attempts, why, packEvent(event)]), last + 1);
      added.push(last);
    }
    let dropped: readonly number[] = [];
    await this.list().change((text) => {
      const list = listIn(text);
      const all = [...new Set([...list.ids, ...added])].sort((a, b) => a - b);
      const surplus = Math.max(0, all.length - MOST_DEAD);
      dropped = all.slice(0, surplus);
      return JSON.stringify({ last: Math.max(list.last, ...added), ids: all.slice(surplus) } satisfies List);
    }, this.clock);
    // Nobody can see them any more, and they name people. What a store that fails now leaves of them goes by its age.
    await Promise.allSettled(dropped.map((id) => this.erase(id)));
    return dropped.length;
  }

  /** The oldest first. */
  async ids(): Promise<readonly number[]> {
    return listIn(await this.list().read(this.clock())).ids;
  }

  /** Absence: null. */
  async get(id: number): Promise<DeadLetter | null> {
    if (!(await this.ids()).includes(id)) return null;
    return this.read(id);
  }

  /** Gives up to `limit` behind a number, the oldest first. */
  async page(after: number, limit: number): Promise<{ letters: readonly DeadLetter[]; isLast: boolean }> {
    const behind = (await this.ids()).filter((id) => id > after);
    const letters = await Promise.all(behind.slice(0, limit).map((id) => this.read(id)));
    return { letters: letters.filter((letter) => letter !== null), isLast: behind.length <= limit };
  }

  /** Strikes one off. */
  async remove(id: number): Promise<void> {
    await this.list().change((text) => {
      const { last, ids } = listIn(text);
      return JSON.stringify({ last, ids: ids.filter((other) => other !== id) } satisfies List);
    }, this.clock);
    await this.erase(id);
  }

  private async erase(id: number): Promise<void> {
    const [note, now] = [this.letter(id), this.clock()];
    if ((await note.read(now)) !== null) await note.write('', now, now);
  }

  private async read(id: number): Promise<DeadLetter | null> {
    const text = await this.letter(id).read(this.clock());
    if (text === null) return null;
    const [at, attempts, why, line] = JSON.parse(text) as [number, number, string, string];
    return { id, at, attempts, why, event: unpackEvent(line) };
  }

  /** Keeps one under the first number from `from` that nobody has taken meanwhile, this process or another, and gives that number. */
  private async put(text: string, from: number): Promise<number> {
    for (let id = from; ; id++) {
      const note = this.letter(id);
      if ((await note.read(this.clock())) === null && (await note.write(text, this.clock()))) return id;
    }
  }

  private list(): Note {
    return new Note(this.store, this.name);
  }

  private letter(id: number): Note {
    return new Note(this.store, `${this.name}.${id}`);
  }
}

/** A list as it was written first has the numbers alone. */
function listIn(text: string | null): List {
  const list = text === null ? [] : (JSON.parse(text) as List | number[]);
  return Array.isArray(list) ? { last: list.at(-1) ?? 0, ids: list } : list;
}
