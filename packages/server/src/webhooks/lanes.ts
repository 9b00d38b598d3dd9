/**
 * What of a journal is to be sent next. The events of one session go one after the other, in one lane: while one is sent, or has failed and
 * waits for its next attempt, those behind it are held; sessions know nothing of each other. No clock, no store, no network.
 * Bounded: when too much waits or is held, nothing new is begun, and the whole webhook waits.
 */
import type { JournalEvent, Position } from '../core/events.ts';
import type { Entry, Gap, SavedUnit, State } from './state.ts';

/** The most events that wait or are held, over all sessions of a webhook of an app. Each is 40 bytes in the state. */
export const MOST_WAITING = 2000;

/** Absence: the event is null when it must be read again. */
export interface Queued extends Entry {
  event: JournalEvent | null;
}

/** What is sent in one request. */
export interface Unit {
  entries: Queued[];
  readonly gap: Gap | null;
  attempts: number;
  /** When its first attempt began. 0: there was none. */
  since: number;
  due: number;
}

interface Lane {
  /** Sent, or waiting. Absence: null when the next of those that are held may go. */
  unit: Unit | null;
  readonly held: Queued[];
}

export class Lanes {
  private readonly most: number;
  private queue: Queued[] = [];
  private readonly lanes = new Map<string, Lane>();
  /** Sessions whose next event is held and may go. */
  private readonly ready = new Set<string>();
  private readonly out = new Set<Unit>();
  /** Ordered by when each is due. */
  private readonly waiting: Unit[] = [];
  private waitingEvents = 0;
  private heldEvents = 0;
  /** All that stands at or before it has left the queue. */
  private passed: Position;

  constructor({ at, units, held }: State, most = MOST_WAITING) {
    this.most = most;
    this.passed = at;
    for (const { entries, ...unit } of units) {
      const restored = { ...unit, entries: entries.map((entry) => ({ ...entry, event: null })) };
      for (const { session } of entries) this.lanes.set(session, { unit: restored, held: [] });
      this.insert(restored);
    }
    for (const entry of held) this.hold(entry.session, { ...entry, event: null });
  }

  get queued(): number {
    return this.queue.length;
  }

  /** How many are under way. */
  get sending(): number {
    return this.out.size;
  }

  /** Events that wait for another attempt, and those held behind them. */
  get parked(): number {
    return this.waitingEvents + this.heldEvents;
  }

  /** When the next attempt is due. Absence: null when none is. */
  get nextDue(): number | null {
    return this.waiting[0]?.due ?? null;
  }

  /** Takes events in the order of the journal. */
  push(events: readonly Queued[]): void {
    // Not spread: that has an end at some number of arguments.
    for (const event of events) this.queue.push(event);
  }

  addGap(gap: Gap): void {
    this.insert({ entries: [], gap, attempts: 0, since: 0, due: 0 });
  }

  /** Gives what to send now, up to `batch` events, and counts it as under way. Absence: null when there is nothing. */
  next(now: number, batch: number): Unit | null {
    const unit = this.dueUnit(now) ?? this.heldUnit(batch) ?? this.newUnit(batch);
    if (unit !== null) this.out.add(unit);
    return unit;
  }

  /** It is done with: delivered, or given up. */
  done(unit: Unit): void {
    this.out.delete(unit);
    this.free(unit.entries);
  }

  /** It is to be sent again. */
  park(unit: Unit, due: number): void {
    this.out.delete(unit);
    unit.due = due;
    // What may wait for hours is read again.
    for (const entry of unit.entries) {
      entry.event = null;
      for (const held of this.lanes.get(entry.session)?.held ?? []) held.event = null;
    }
    this.insert(unit);
  }

  /** Lets what waits wait no longer. */
  hurry(now: number): void {
    for (const unit of this.waiting) unit.due = Math.min(unit.due, now);
  }

  /** Takes events out of a unit that is under way: they are nowhere any more. */
  drop(unit: Unit, lost: readonly Queued[]): void {
    unit.entries = unit.entries.filter((entry) => !lost.includes(entry));
    const stay = new Set(unit.entries.map(({ session }) => session));
    this.free(lost.filter(({ session }) => !stay.has(session)));
  }

  snapshot(): Pick<State, 'at' | 'units' | 'held'> {
    const units = [...this.out, ...this.waiting].map(
      ({ entries, ...unit }): SavedUnit => ({ ...unit, entries: entries.map(bare) }),
    );
    const held = [...this.lanes.values()].flatMap((lane) => lane.held.map(bare));
    return { at: this.passed, units, held };
  }

  /** Says up to where the journal was read. */
  reached(next: Position): void {
    if (this.queue.length === 0) this.passed = next;
  }

  private dueUnit(now: number): Unit | null {
    const [first] = this.waiting;
    if (first === undefined || first.due > now) return null;
    this.waiting.shift();
    this.waitingEvents -= first.entries.length;
    return first;
  }

  private heldUnit(batch: number): Unit | null {
    if (this.ready.size === 0) return null;
    const unit: Unit = { entries: [], gap: null, attempts: 0, since: 0, due: 0 };
    for (const session of this.ready) {
      const lane = this.lanes.get(session)!;
      const taken = lane.held.splice(0, batch - unit.entries.length);
      unit.entries.push(...taken);
      this.heldEvents -= taken.length;
      lane.unit = unit;
      this.ready.delete(session);
      if (unit.entries.length === batch) break;
    }
    return unit;
  }

  private newUnit(batch: number): Unit | null {
    const unit: Unit = { entries: [], gap: null, attempts: 0, since: 0, due: 0 };
    let taken = 0;
    while (taken < this.queue.length && unit.entries.length < batch && this.parked < this.most) {
      const entry = this.queue[taken++]!;
      const lane = this.lanes.get(entry.session);
      this.passed = entry.position;
      if (lane !== undefined && (lane.unit !== unit || lane.held.length > 0)) {
        this.hold(entry.session, entry);
        continue;
      }
      if (lane === undefined) this.lanes.set(entry.session, { unit, held: [] });
      unit.entries.push(entry);
    }
    if (taken > 0) this.queue = this.queue.slice(taken);
    return unit.entries.length === 0 ? null : unit;
  }

  private hold(session: string, entry: Queued): void {
    const lane = this.lanes.get(session) ?? { unit: null, held: [] };
    this.lanes.set(session, lane);
    lane.held.push(entry);
    this.heldEvents++;
    if (lane.unit === null) this.ready.add(session);
  }

  private free(entries: readonly Queued[]): void {
    for (const { session } of entries) {
      const lane = this.lanes.get(session);
      if (lane === undefined) continue;
      lane.unit = null;
      if (lane.held.length === 0) this.lanes.delete(session);
      else this.ready.add(session);
    }
  }

  private insert(unit: Unit): void {
    this.waitingEvents += unit.entries.length;
    let at = this.waiting.length;
    while (at > 0 && this.waiting[at - 1]!.due > unit.due) at--;
    this.waiting.splice(at, 0, unit);
  }
}

function bare({ position, session }: Entry): Entry {
  return { position, session };
}
