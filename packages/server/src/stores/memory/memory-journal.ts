/** The journals of the store in memory: the contract of core/events.ts in a form that runs. */
import { type End, endedEvent, endOf, historyEntryOf } from '../../core/endings.ts';
import { packEvent, unpackEvent } from '../../core/event-line.ts';
import {
  comparePositions,
  type EndReason,
  HISTORY_ENTRIES,
  type HistoryEntry,
  type Journal,
  type JournalEvent,
  type JournalExtent,
  type JournalPage,
  type JournalSource,
  type NewEvent,
  type Origin,
  type Position,
  START,
} from '../../core/events.ts';
import type { Session } from '../../core/session.ts';

interface Line {
  readonly position: Position;
  readonly text: string;
}

interface OfApp {
  readonly lines: Line[];
  floor: Position;
  last: Position;
  count: number;
}

export class MemoryJournal implements Journal {
  private readonly rules: JournalSource;
  private readonly decidedAt: (now: number) => number;
  private readonly byApp = new Map<string, OfApp>();
  /** app → subject → entries, the latest first. */
  private readonly histories = new Map<string, Map<string, HistoryEntry[]>>();
  private readonly watchers = new Set<(app: string) => void>();

  constructor(rules: JournalSource, decidedAt: (now: number) => number) {
    this.rules = rules;
    this.decidedAt = decidedAt;
  }

  created(session: Session, now: number): void {
    const { ip, userAgent, label } = session;
    this.tell(session, 'session.created', now, { ip, userAgent, label });
  }

  /** `from`: the id it had before a login. */
  rotated(session: Session, from: string | null, now: number, { by }: Origin): void {
    this.tell(session, 'session.rotated', now, { by, from });
  }

  updated(session: Session, now: number, { by }: Origin): void {
    if (this.rules(session.app)?.updates) this.tell(session, 'session.updated', now, { by });
  }

  ended(session: Session, reason: EndReason, now: number, origin: Origin): void {
    const end = endOf(session, reason, now, origin);
    this.write(session.app, now, (count) => endedEvent(end, count));
    this.note(end);
  }

  async read(app: string, after: Position, limit: number): Promise<JournalPage> {
    const journal = this.byApp.get(app);
    const behind = journal?.lines.filter(({ position }) => comparePositions(position, after) > 0) ?? [];
    const lines = behind.slice(0, limit);
    const events = lines.map(({ position, text }) => ({ position, event: unpackEvent(text) }));
    const next = lines.length < behind.length ? lines.at(-1)!.position : (behind.at(-1)?.position ?? after);
    return { events, next, floor: journal?.floor ?? START };
  }

  async extent(app: string): Promise<JournalExtent> {
    const { floor, last, lines } = this.byApp.get(app) ?? { floor: START, last: START, lines: [] };
    const bytes = lines.reduce((sum, { text }) => sum + text.length, 0);
    return { floor, last, events: lines.length, bytes };
  }

  async lasts(apps: readonly string[]): Promise<readonly Position[]> {
    return apps.map((app) => this.byApp.get(app)?.last ?? START);
  }

  async count(app: string, after: Position, to: Position): Promise<number> {
    const lines = this.byApp.get(app)?.lines ?? [];
    return lines.filter(({ position }) => comparePositions(position, after) > 0 && comparePositions(position, to) <= 0)
      .length;
  }

  async trim(app: string, to: Position): Promise<number> {
    const journal = this.byApp.get(app);
    if (journal === undefined || comparePositions(to, journal.floor) <= 0) return 0;
    const kept = journal.lines.findIndex(({ position }) => comparePositions(position, to) > 0);
    const dropped = journal.lines.splice(0, kept === -1 ? journal.lines.length : kept);
    journal.floor = comparePositions(to, journal.last) < 0 ? to : journal.last;
    return dropped.length;
  }

  async append(app: string, event: NewEvent, asked: number): Promise<void> {
    const now = this.decidedAt(asked);
    this.write(app, now, (count) => ({ ...event, at: now, count }));
  }

  async apps(): Promise<string[]> {
    return [...this.byApp.keys()].sort();
  }

  async settle(): Promise<number> {
    return 0;
  }

  watch(onMore: (app: string) => void): () => void {
    this.watchers.add(onMore);
    return () => this.watchers.delete(onMore);
  }

  async history(app: string, subject: string, asked: number): Promise<readonly HistoryEntry[]> {
    const days = this.rules(app)?.history ?? null;
    const since = days === null ? Number.POSITIVE_INFINITY : this.decidedAt(asked) - days;
    return (this.histories.get(app)?.get(subject) ?? []).filter(({ endedAt }) => endedAt > since);
  }

  async eraseHistory(app: string, subject: string): Promise<number> {
    const entries = this.histories.get(app)?.get(subject) ?? [];
    this.histories.get(app)?.delete(subject);
    return entries.length;
  }

  /** Removes what a history keeps no longer. */
  sweep(now: number): void {
    for (const [app, subjects] of this.histories) {
      const days = this.rules(app)?.history ?? 0;
      for (const [subject, entries] of subjects) {
        const kept = entries.filter(({ endedAt }) => endedAt > now - days);
        if (kept.length === 0) subjects.delete(subject);
        else subjects.set(subject, kept);
      }
      if (subjects.size === 0) this.histories.delete(app);
    }
  }

  clear(): void {
    this.byApp.clear();
    this.histories.clear();
  }

  /** Everything that is kept, as text. */
  dump(): string[] {
    const lines = [...this.byApp].flatMap(([app, { lines }]) => lines.map(({ text }) => `journal ${app} ${text}`));
    const entries = [...this.histories].flatMap(([app, subjects]) =>
      [...subjects].map(([subject, all]) => `history ${app} ${subject} ${JSON.stringify(all)}`),
    );
    return [...lines, ...entries];
  }

  private tell(session: Session, type: JournalEvent['type'], now: number, members: Partial<JournalEvent>): void {
    const { id, subject, version } = session;
    this.write(session.app, now, (count) => ({ type, at: now, count, version, session: id, subject, ...members }));
  }

  private write(app: string, now: number, event: (count: number) => JournalEvent): void {
    if (!this.rules(app)?.events) return;
    const journal = this.byApp.get(app) ?? { lines: [], floor: START, last: START, count: 0 };
    this.byApp.set(app, journal);
    const [ms = 0, nth = 0] = journal.last.split('-').map(Number);
    journal.last = now > ms ? `${now}-0` : `${ms}-${nth + 1}`;
    journal.lines.push({ position: journal.last, text: packEvent(event(++journal.count)) });
    for (const onMore of this.watchers) onMore(app);
  }

  private note(end: End): void {
    const { app, subject } = end.session;
    if (subject === null || (this.rules(app)?.history ?? null) === null) return;
    const subjects = this.histories.get(app) ?? new Map<string, HistoryEntry[]>();
    this.histories.set(app, subjects);
    subjects.set(subject, [historyEntryOf(end), ...(subjects.get(subject) ?? [])].slice(0, HISTORY_ENTRIES));
  }
}
