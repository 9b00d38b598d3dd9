/**
 * Tells of changes, in the transactions that make them. What a transaction has to tell is gathered, and written at its end: one value
 * for all the events of an app, however many changes went together in it (journal-block.ts). Histories are written at once.
 */
import { endedEvent, endOf } from '../../core/endings.ts';
import { packEvent } from '../../core/event-line.ts';
import type { EndReason, JournalEvent, JournalRules, JournalSource, Origin } from '../../core/events.ts';
import type { Session } from '../../core/session.ts';
import type { History } from './history.ts';
import { BLOCK, packLine, placeBehind } from './journal-block.ts';
import { blockKey } from './keys.ts';
import type { Tables } from './tables.ts';

interface Pending {
  readonly now: number;
  readonly event: (count: number) => JournalEvent;
}

interface Decided {
  readonly at: number;
  readonly rules: JournalRules;
}

/** Each member is to be called in a transaction, and does nothing for an app without rules. */
export class Telling {
  private readonly tables: Tables;
  private readonly rules: JournalSource;
  private readonly history: History;
  private readonly pending = new Map<string, Pending[]>();
  /** Of which state of the environment that is: of no other one it is true. */
  private pendingIn = -1;
  /** Apps whose journals are longer, with the commit that is under way. */
  private readonly longer = new Set<string>();
  private readonly watchers = new Set<(app: string) => void>();

  constructor(tables: Tables, rules: JournalSource, history: History) {
    this.tables = tables;
    this.rules = rules;
    this.history = history;
    tables.environment.atEnd(() => this.writeAll());
    tables.environment.afterCommit(() => this.tellWatchers());
  }

  created(session: Session, now: number): void {
    const { ip, userAgent, label } = session;
    if (this.rules(session.app)?.events) this.tell(session, 'session.created', now, { ip, userAgent, label });
  }

  /** `from`: the id it had before a login. */
  rotated(session: Session, from: string | null, now: number, { by }: Origin): void {
    if (this.rules(session.app)?.events) this.tell(session, 'session.rotated', now, { by, from });
  }

  updated(session: Session, now: number, { by }: Origin): void {
    const rules = this.rules(session.app);
    if (rules?.events && rules.updates) this.tell(session, 'session.updated', now, { by });
  }

  /** `decided`: the instant that decided, and the rules that held, where that was before. */
  ended(session: Session, reason: EndReason, now: number, origin: Origin, decided?: Decided): void {
    const rules = decided?.rules ?? this.rules(session.app);
    if (rules === null) return;
    const end = endOf(session, reason, decided?.at ?? now, origin);
    if (rules.events) this.write(session.app, now, (count) => endedEvent(end, count));
    if (rules.history === null) return;
    this.tables.format.noteJournal();
    this.history.add(end);
  }

  write(app: string, now: number, event: Pending['event']): void {
    const { state } = this.tables.environment;
    // A transaction that came to nothing.
    if (this.pendingIn !== state) this.pending.clear();
    this.pendingIn = state;
    const told = this.pending.get(app);
    if (told === undefined) this.pending.set(app, [{ now, event }]);
    else told.push({ now, event });
  }

  /** As Journal.watch. */
  watch(onMore: (app: string) => void): () => void {
    this.watchers.add(onMore);
    return () => this.watchers.delete(onMore);
  }

  private tell(session: Session, type: JournalEvent['type'], now: number, members: Partial<JournalEvent>): void {
    const { app, id, subject, version } = session;
    this.write(app, now, (count) => ({ type, at: now, count, version, session: id, subject, ...members }));
  }

  private writeAll(): void {
    const isOfThis = this.pendingIn === this.tables.environment.state;
    const all = isOfThis ? [...this.pending] : [];
    this.pending.clear();
    if (all.length === 0) return;
    this.tables.format.noteJournal();
    for (const [app, told] of all) {
      this.append(app, told);
      this.longer.add(app);
    }
  }

  private append(app: string, told: readonly Pending[]): void {
    const { journals } = this.tables;
    const head = journals.head(app);
    let { last, count, bytes, first } = head;
    let tail = [head.tail];
    let length = head.tail.length;
    for (const { now, event } of told) {
      const place = placeBehind(last, now);
      const text = packEvent(event(++count));
      let line = packLine(text, place.ms - last.ms);
      if (length > 0 && length + line.length > BLOCK) {
        void journals.blocks.put(blockKey(app, first), Buffer.concat(tail));
        tail = [];
        length = 0;
      }
      if (length === 0) {
        first = place;
        line = packLine(text, 0);
      }
      tail.push(line);
      length += line.length;
      bytes += line.length;
      last = place;
    }
    const events = head.events + told.length;
    journals.putHead(app, { ...head, last, count, events, bytes, first, tail: Buffer.concat(tail) });
  }

  /** Once for each app and turn of the event loop, by which what is told can be read. */
  private tellWatchers(): void {
    if (this.longer.size === 0) return;
    const apps = [...this.longer];
    this.longer.clear();
    if (this.watchers.size === 0) return;
    setImmediate(() => {
      for (const app of apps) for (const onMore of this.watchers) onMore(app);
    });
  }
}
