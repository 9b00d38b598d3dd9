/** The journals of the embedded store, as core/events.ts has them: read, counted and trimmed. telling.ts writes them. */
import { unpackEvent } from '../../core/event-line.ts';
import type {
  HistoryEntry,
  Journal,
  JournalExtent,
  JournalPage,
  JournalSource,
  NewEvent,
  Position,
  Told,
} from '../../core/events.ts';
import type { History } from './history.ts';
import {
  BEGINNING,
  compare,
  countOf,
  type Head,
  type Line,
  lastOf,
  linesOf,
  type Place,
  packLine,
  placeOf,
  positionOf,
} from './journal-block.ts';
import type { JournalTables } from './journal-tables.ts';
import { blockKey, placeOfBlock, under } from './keys.ts';
import { smaller, WRITE_SLICE } from './slices.ts';
import type { Tables } from './tables.ts';
import type { Telling } from './telling.ts';

/** A page ends with the block that makes it longer than this. Units: bytes. */
const PAGE_BYTES = 1_048_576;
/** What an event may take beside what it says of policy and keys. */
const EVENT_BYTES = 1024;

export interface JournalParts {
  readonly tables: Tables;
  readonly telling: Telling;
  readonly past: History;
  readonly rules: JournalSource;
  readonly decidedAt: (now: number) => number;
}

export class LmdbJournal implements Journal {
  private readonly parts: JournalParts;
  private readonly tables: Tables;
  private readonly kept: JournalTables;

  constructor(parts: JournalParts) {
    this.parts = parts;
    this.tables = parts.tables;
    this.kept = parts.tables.journals;
  }

  read(app: string, after: Position, limit: number): Promise<JournalPage> {
    return this.tables.read(() => {
      const head = this.kept.head(app);
      const lines = this.linesAfter(app, head, placeOf(after), limit);
      const events = lines.map(({ place, text }): Told => ({ position: positionOf(place), event: unpackEvent(text) }));
      return { events, next: events.at(-1)?.position ?? after, floor: positionOf(head.floor) };
    });
  }

  extent(app: string): Promise<JournalExtent> {
    return this.tables.read(() => {
      const { floor, last, events, bytes } = this.kept.head(app);
      return { floor: positionOf(floor), last: positionOf(last), events, bytes };
    });
  }

  lasts(apps: readonly string[]): Promise<readonly Position[]> {
    return this.tables.read(() =>
      apps.map((app) => {
        const bytes = this.kept.heads.get(app);
        return positionOf(bytes === undefined ? BEGINNING : lastOf(bytes));
      }),
    );
  }

  count(app: string, after: Position, to: Position): Promise<number> {
    return this.tables.read(() => {
      const head = this.kept.head(app);
      return Math.max(0, this.numberAt(app, head, placeOf(to)) - this.numberAt(app, head, placeOf(after)));
    });
  }

  async trim(app: string, to: Position): Promise<number> {
    for (let dropped = 0; ; ) {
      const slice = (size: number) => this.tables.transaction(() => this.trimSome(app, placeOf(to), size));
      const some = await smaller(slice);
      dropped += some.dropped;
      if (some.isDone) return dropped;
    }
  }

  append(app: string, event: NewEvent, asked: number): Promise<void> {
    return this.tables.growing(EVENT_BYTES + Buffer.byteLength(event.what ?? ''), () => {
      const now = this.parts.decidedAt(asked);
      if (this.parts.rules(app)?.events) this.parts.telling.write(app, now, (count) => ({ ...event, at: now, count }));
    });
  }

  apps(): Promise<string[]> {
    return this.tables.read(() => this.kept.apps());
  }

  /** Events are written with their changes. */
  async settle(): Promise<number> {
    return 0;
  }

  watch(onMore: (app: string) => void): () => void {
    return this.parts.telling.watch(onMore);
  }

  history(app: string, subject: string, now: number): Promise<readonly HistoryEntry[]> {
    return this.parts.past.of(app, subject, now);
  }

  eraseHistory(app: string, subject: string): Promise<number> {
    return this.parts.past.erase(app, subject);
  }

  private linesAfter(app: string, head: Head, after: Place, limit: number): Line[] {
    const found: Line[] = [];
    let bytes = 0;
    for (const lines of this.blocksFrom(app, head, after)) {
      for (const line of lines) {
        if (compare(line.place, after) <= 0) continue;
        if (found.length === limit) return found;
        found.push(line);
        bytes += line.to - line.from;
      }
      if (bytes > PAGE_BYTES) return found;
    }
    return found;
  }

  /** Gives the block that a place is in and those behind it, the tail with them. */
  private *blocksFrom(app: string, { last, first, tail }: Head, place: Place): Generator<Line[]> {
    if (compare(place, last) >= 0) return;
    if (tail.length === 0 || compare(place, first) < 0) {
      const { start, end } = under(app);
      const before = { start: blockKey(app, place), end: start, reverse: true, limit: 1 };
      const [begin = start] = this.kept.blocks.getKeys(before);
      for (const { key, value } of this.kept.blocks.getRange({ start: begin, end })) {
        yield linesOf(value, placeOfBlock(key));
      }
    }
    yield linesOf(tail, first);
  }

  /** Gives the number of the last event at or before a place; of those that are kept no longer, the number of the last. */
  private numberAt(app: string, head: Head, place: Place): number {
    if (compare(place, head.last) >= 0) return head.count;
    const [lines = []] = this.blocksFrom(app, head, place);
    const line = lines.findLast((one) => compare(one.place, place) <= 0);
    return line === undefined ? head.count - head.events : countOf(line);
  }

  /** Drops what stands at or before a place, of so many blocks. In a transaction. */
  private trimSome(app: string, to: Place, limit = WRITE_SLICE): { dropped: number; isDone: boolean } {
    const { blocks } = this.kept;
    const head = this.kept.head(app);
    if (compare(to, head.floor) <= 0) return { dropped: 0, isDone: true };
    const range = { start: under(app).start, end: blockKey(app, { ms: to.ms, nth: to.nth + 1 }), limit };
    const keys = [...blocks.getKeys(range)];
    const isDone = keys.length < limit;
    let { floor, events, bytes, first, tail } = head;
    const cut = (block: Buffer, begin: Place) => {
      const lines = linesOf(block, begin);
      const [next] = lines.filter(({ place }) => compare(place, to) > 0);
      const gone = lines.filter(({ place }) => compare(place, to) <= 0);
      floor = gone.at(-1)?.place ?? floor;
      events -= gone.length;
      const rest = next ? Buffer.concat([packLine(next.text, 0), block.subarray(next.to)]) : Buffer.alloc(0);
      bytes -= block.length - rest.length;
      return { rest, first: next?.place ?? begin };
    };
    for (const key of keys) {
      const { rest, first: begins } = cut(blocks.get(key)!, placeOfBlock(key));
      void blocks.remove(key);
      if (rest.length > 0) void blocks.put(blockKey(app, begins), rest);
    }
    if (isDone) {
      ({ rest: tail, first } = cut(tail, first));
      floor = compare(to, head.last) < 0 ? to : head.last;
    }
    this.kept.putHead(app, { ...head, floor, events, bytes, first, tail });
    return { dropped: head.events - events, isDone };
  }
}
