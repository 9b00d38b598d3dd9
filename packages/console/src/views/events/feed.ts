/**
 * What the view of live events shows: the last events that came, those of them that the filter lets through, and, while the reader
 * holds the list, what it showed at that moment. Nothing here grows with time.
 */
import { Ring } from './ring.ts';

/** An event as the list shows it; or what the stream has to say itself. Rows count from 1. Absence: null. */
export type FeedRow = EventRow | NoteRow;

export interface EventRow {
  readonly kind: 'event';
  readonly row: number;
  /** The same however often the event is told. */
  readonly id: string | null;
  readonly type: string;
  /** RFC 3339. */
  readonly time: string;
  readonly app: string | null;
  readonly session: string | null;
  readonly subject: string | null;
  readonly reason: string | null;
  readonly by: string | null;
  readonly note: string | null;
  readonly ip: string | null;
  readonly label: string | null;
  readonly userAgent: string | null;
  /** The event as it came: for the download. */
  readonly line: string;
}

export interface NoteRow {
  readonly kind: 'resync' | 'filter';
  readonly row: number;
  readonly time: string;
}

export interface FeedFilter {
  /** Empty: all. */
  readonly types: ReadonlySet<string>;
  /** Empty: all. */
  readonly subject: string;
}

export const FEED_CAPACITY = 5000;
const MINUTE = 60_000;
/** Events of one second, for a rate over a minute. */
const SECONDS = 60;

export class Feed {
  private readonly all: Ring<FeedRow>;
  private readonly matching: Ring<FeedRow>;
  private readonly now: () => number;
  private filter: FeedFilter = { types: new Set(), subject: '' };
  private count = 0;
  private heldRows: readonly FeedRow[] | null = null;
  private newSinceHeld = 0;
  private readonly perSecond = new Map<number, number>();
  private readonly lastIds = new Ring<string>(256);
  private readonly lastIdSet = new Set<string>();

  constructor(options: { readonly capacity?: number; readonly now: () => number }) {
    const capacity = options.capacity ?? FEED_CAPACITY;
    this.all = new Ring(capacity);
    this.matching = new Ring(capacity);
    this.now = options.now;
  }

  /**
   * Takes an event as text. What cannot be read is passed over, and what has come before (a stream may repeat itself after a cut).
   * `at`: when it happened, in epoch milliseconds. Default: what the event says.
   */
  take(text: string, at?: number): boolean {
    const row = readEvent(text, this.count + 1);
    if (row === null || this.isRepeated(row.id)) return false;
    this.add(row);
    this.countIn(at ?? Date.parse(row.time));
    return true;
  }

  /** Notes that something is missing here (`resync`), or that the list lets others through from here on (`filter`). */
  mark(kind: NoteRow['kind']): void {
    this.add({ kind, row: this.count + 1, time: new Date(this.now()).toISOString() });
  }

  setFilter(filter: FeedFilter): void {
    this.filter = filter;
    this.matching.clear();
    for (const row of this.all) if (passes(row, filter)) this.matching.push(row);
    if (this.heldRows !== null) this.hold();
  }

  /** Keeps what is shown as it is; what comes is counted. */
  hold(): void {
    this.heldRows = [...this.matching];
    this.newSinceHeld = 0;
  }

  release(): void {
    this.heldRows = null;
    this.newSinceHeld = 0;
  }

  clear(): void {
    this.all.clear();
    this.matching.clear();
    this.release();
  }

  /** Whether anything came, let through or not. */
  get hasEvents(): boolean {
    return this.all.length > 0;
  }

  get isHeld(): boolean {
    return this.heldRows !== null;
  }

  /** Rows that came since the list is held, and pass the filter. */
  get newRows(): number {
    return this.newSinceHeld;
  }

  /** Rows that are shown. */
  get length(): number {
    return this.heldRows === null ? this.matching.length : this.heldRows.length;
  }

  /** Index 0 is the newest. Absence: undefined outside. */
  at(index: number): FeedRow | undefined {
    return this.heldRows === null
      ? this.matching.at(this.matching.length - 1 - index)
      : this.heldRows[this.heldRows.length - 1 - index];
  }

  /** Events of the last minute. */
  get perMinute(): number {
    const oldest = Math.floor((this.now() - MINUTE) / 1000);
    let sum = 0;
    for (const [second, count] of this.perSecond) if (second > oldest) sum += count;
    return sum;
  }

  /** What is shown as NDJSON, the oldest first: each line an event as the server told it. */
  *lines(): IterableIterator<string> {
    for (const row of this.heldRows ?? this.matching) if (row.kind === 'event') yield `${row.line}\n`;
  }

  private add(row: FeedRow): void {
    this.count++;
    this.all.push(row);
    if (!passes(row, this.filter)) return;
    this.matching.push(row);
    if (this.heldRows !== null) this.newSinceHeld++;
  }

  private countIn(at: number): void {
    const second = Math.floor(at / 1000);
    if (Number.isNaN(second)) return;
    this.perSecond.set(second, (this.perSecond.get(second) ?? 0) + 1);
    if (this.perSecond.size > SECONDS + 1) this.forgetOldSeconds(Math.floor(this.now() / 1000));
  }

  private isRepeated(id: string | null): boolean {
    if (id === null) return false;
    if (this.lastIdSet.has(id)) return true;
    const oldest = this.lastIds.length === this.lastIds.capacity ? this.lastIds.at(0) : undefined;
    if (oldest !== undefined) this.lastIdSet.delete(oldest);
    this.lastIds.push(id);
    this.lastIdSet.add(id);
    return false;
  }

  private forgetOldSeconds(second: number): void {
    for (const key of this.perSecond.keys()) if (key <= second - SECONDS) this.perSecond.delete(key);
  }
}

function passes(row: FeedRow, { types, subject }: FeedFilter): boolean {
  if (row.kind !== 'event') return true;
  return (types.size === 0 || types.has(row.type)) && (subject === '' || row.subject === subject);
}

/** Tells whether a filter lets through what another one did not. */
export function isWider(next: FeedFilter, before: FeedFilter): boolean {
  const otherSubjects = before.subject !== '' && next.subject !== before.subject;
  if (otherSubjects || before.types.size === 0) return otherSubjects;
  return next.types.size === 0 || [...next.types].some((type) => !before.types.has(type));
}

/** Reads a CloudEvent. Absence: null for text that is none. */
export function readEvent(text: string, row: number): EventRow | null {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof event !== 'object' || event === null) return null;
  const { id, type, time, source, data } = event as Record<string, unknown>;
  if (typeof type !== 'string' || typeof time !== 'string') return null;
  const members = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  const member = (name: string) => (typeof members[name] === 'string' ? (members[name] as string) : null);
  const app = typeof source === 'string' && source.startsWith('/apps/') ? source.slice('/apps/'.length) : null;
  return {
    ...{ kind: 'event', row, type, time, app, line: text, id: typeof id === 'string' ? id : null },
    ...{ session: member('session'), subject: member('subject'), reason: member('reason'), by: member('by') },
    ...{ note: member('note'), ip: member('ip'), label: member('label'), userAgent: member('userAgent') },
  };
}
