/**
 * One webhook of one app: reads the journal from where the webhook stands, sends, and keeps in the store how far it is. Everything that
 * goes wrong is one of four: the receiver failed (the event waits, lanes.ts), it is down or asks for rest (everything waits), it is gone (410:
 * nothing is sent until an administrator enables it), or the store failed (tried again, and no attempt is counted).
 */
import { comparePositions, type Journal, type JournalEvent, type Position } from '../core/events.ts';
import type { Timer } from '../core/lock-waiting.ts';
import { justBefore } from './consumers.ts';
import type { DeadLetters } from './dead-letters.ts';
import { Keeper } from './keeper.ts';
import { Lanes, type Queued, type Unit } from './lanes.ts';
import type { Messages } from './message.ts';
import { afterFailure, DOWN_AFTER, restOf } from './schedule.ts';
import { isDelivered, type Message, type Outcome } from './sender.ts';
import { type Note, packState, type State, stateAt, unpackState } from './state.ts';

/** Requests under way at a time; with batches, fewer that are fuller. */
const MOST_REQUESTS = 64;
const MOST_BATCHES = 4;
/** Events read at a time, and how few may be left before more are read. */
const PAGE = 256;
const LOW = 128;
/** The wait after a failure of the store. Units: milliseconds. */
const STORE_REST = 1000;

/** What is told of a webhook, for the log. */
export type News =
  | { readonly kind: 'down' }
  | { readonly kind: 'up' }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'dead'; readonly events: number; readonly why: string }
  | { readonly kind: 'gap'; readonly dropped: number | null };

export interface ChannelOptions {
  readonly app: string;
  readonly journal: Pick<Journal, 'read'>;
  readonly note: Note;
  readonly letters: DeadLetters;
  /** Gives where a webhook begins that was never told of anything. */
  readonly begin: () => Promise<Position>;
  /** Takes how many events the journal has dropped that this webhook had not had. Absence: null when nobody counted them. */
  readonly dropped: () => Promise<number | null>;
  readonly send: (url: string, message: Message) => Promise<Outcome>;
  /** Whether this process may send at this moment. */
  readonly mayGo: () => boolean;
  readonly clock: () => number;
  readonly later: Timer;
  /** Default: MOST_WAITING of lanes.ts. */
  readonly mostWaiting?: number;
  /** From 0 to 1. */
  readonly chance: () => number;
  readonly onNews: (news: News) => void;
  readonly onError: (error: unknown) => void;
}

/** How a webhook is sent to. */
export interface Sending {
  readonly messages: Messages;
  readonly url: string;
  readonly batch: number;
}

type Standing = Omit<State, 'at' | 'units' | 'held'>;

export class Channel {
  private readonly options: ChannelOptions;
  private readonly keeper: Keeper;
  private sending: Sending;
  private lanes = new Lanes(stateAt('0-0'));
  private standing: Standing = stateAt('0-0');
  private cursor: Position = '0-0';
  /** Whether the journal may be longer than what was read. */
  private isMore = true;
  /** Whether it is known how far the webhook is. */
  isLoaded = false;
  private isReading = false;
  private isLoading = false;
  private isClosed = false;
  /** Another one with each load: what was under way before it means nothing any more. */
  private generation = 0;
  private failuresInRow = 0;
  /** Failures of a receiver that is down, one after each rest. */
  private rests = 0;
  private cancelWake: (() => void) | null = null;

  constructor(options: ChannelOptions, sending: Sending) {
    this.options = options;
    this.sending = sending;
    const { note, clock, later, onError } = options;
    this.keeper = new Keeper({ note, clock, later, onError, text: () => this.text(), onLost: () => this.load() });
  }

  /** Whether nothing of it is under way, in the store or to the receiver. */
  get isIdle(): boolean {
    return this.lanes.sending === 0 && !this.isReading && !this.isLoading;
  }

  /** Sends by other rules from now on. */
  use(sending: Sending): void {
    this.sending = sending;
    this.pump();
  }

  /** Reads how far the webhook is, and goes on from there: at the beginning, and when another has changed that. */
  async load(): Promise<void> {
    const { begin, onError, later } = this.options;
    const generation = ++this.generation;
    this.isLoaded = false;
    this.isLoading = true;
    try {
      const text = await this.keeper.read();
      const state = text === null ? stateAt(await begin()) : unpackState(text);
      if (this.isClosed || generation !== this.generation) return;
      this.standing = state;
      this.lanes = new Lanes(state, this.options.mostWaiting);
      this.cursor = state.at;
      this.isLoaded = true;
      this.isMore = true;
      // It must be known from now on where it began.
      if (text === null) this.keeper.touch();
      this.pump();
    } catch (error) {
      onError(error);
      later(() => {
        if (!this.isClosed && generation === this.generation) void this.load();
      }, STORE_REST);
    } finally {
      this.isLoading = false;
    }
  }

  /** The journal may be longer. `last`: where it ends. Absence: null when nobody knows. */
  wake(last: Position | null): void {
    if (last !== null && comparePositions(last, this.cursor) <= 0) return;
    this.isMore = true;
    this.pump();
  }

  /** This process may send, again. */
  nudge(): void {
    this.pump();
  }

  /** Loads again what stands in the store, if another than this process has written it. */
  async loadIfChanged(): Promise<void> {
    // A write finds out.
    if (this.isLoaded) await this.keeper.save();
  }

  /** Writes the state where it was not for so long that the store would forget it. */
  refresh(): void {
    if (this.isLoaded) this.keeper.refresh();
  }

  /** Begins nothing more. */
  close(): void {
    this.isClosed = true;
    this.keeper.close();
    this.cancelWake?.();
  }

  /** Writes how far it is. After `close`, too. */
  save(): Promise<void> {
    return this.keeper.save();
  }

  /** Absence: null before it is loaded. */
  private text(): string | null {
    if (!this.isLoaded) return null;
    this.lanes.reached(this.cursor);
    return packState({ ...this.standing, ...this.lanes.snapshot() });
  }

  /** Sends what may be sent, and sees to it that it is called again when more may. */
  private pump(): void {
    const { clock, mayGo } = this.options;
    this.cancelWake?.();
    this.cancelWake = null;
    if (!this.isLoaded || this.isClosed || this.standing.disabled !== null) return;
    const now = clock();
    if (now < this.standing.rest) {
      this.wakeAt(this.standing.rest);
      return;
    }
    const most = this.failuresInRow >= DOWN_AFTER ? 1 : this.sending.batch > 1 ? MOST_BATCHES : MOST_REQUESTS;
    while (this.lanes.sending < most && mayGo()) {
      const unit = this.lanes.next(now, this.sending.batch);
      if (unit === null) break;
      void this.deliver(unit);
    }
    if (this.isMore && !this.isReading && this.lanes.queued < LOW) void this.read();
    const { nextDue } = this.lanes;
    // What is due and not sent waits until this process may send: it is told (`nudge`).
    if (nextDue !== null && nextDue > now && this.lanes.sending < most) this.wakeAt(nextDue);
  }

  private wakeAt(at: number): void {
    const { later, clock } = this.options;
    this.cancelWake = later(() => this.pump(), Math.max(1, at - clock()));
  }

  private async read(): Promise<void> {
    const { app, journal, onError, later, onNews } = this.options;
    const { generation, cursor } = this;
    this.isReading = true;
    this.isMore = false;
    let isFailed = false;
    try {
      const { events, next, floor } = await journal.read(app, cursor, PAGE);
      const isGap = comparePositions(floor, cursor) > 0;
      const dropped = isGap ? await this.options.dropped() : null;
      if (generation === this.generation) {
        if (isGap) {
          this.lanes.addGap({ from: cursor, to: floor, dropped });
          onNews({ kind: 'gap', dropped });
        }
        const taken = events.filter(({ event }) => this.sending.messages.takes(event));
        this.lanes.push(taken.map(({ position, event }): Queued => ({ position, session: event.session, event })));
        if (events.length > 0) this.isMore = true;
        if (comparePositions(next, cursor) > 0) this.keeper.touch();
        this.cursor = next;
      }
    } catch (error) {
      isFailed = true;
      onError(error);
    }
    this.isReading = false;
    if (isFailed) later(() => this.wake(null), STORE_REST);
    else this.pump();
  }

  private async deliver(unit: Unit): Promise<void> {
    const { clock, send, onError } = this.options;
    const { generation } = this;
    const isOver = () => generation !== this.generation;
    try {
      const events = await this.eventsOf(unit, isOver);
      if (isOver()) return;
      const message = this.messageOf(unit, events);
      if (message === null) this.lanes.done(unit);
      else {
        unit.since ||= clock();
        const outcome = await send(this.sending.url, message);
        if (isOver()) return;
        await this.settle(unit, events, outcome, isOver);
      }
    } catch (error) {
      if (isOver()) return;
      onError(error);
      this.lanes.park(unit, clock() + STORE_REST);
    }
    this.keeper.touch();
    this.pump();
  }

  /** Absence: null when nothing is left of it to send. */
  private messageOf(unit: Unit, events: readonly JournalEvent[]): Message | null {
    const { messages } = this.sending;
    const now = this.options.clock();
    if (unit.gap !== null) return messages.ofGap(unit.gap, now);
    return events.length === 0 ? null : messages.ofEvents(events, now);
  }

  /** Gives the events of a unit. What the journal has dropped meanwhile is lost, and told. Errors: those of the store. */
  private async eventsOf(unit: Unit, isOver: () => boolean): Promise<readonly JournalEvent[]> {
    const { app, journal, onNews } = this.options;
    const lost: Queued[] = [];
    for (const entry of unit.entries) {
      if (entry.event !== null) continue;
      const [found] = (await journal.read(app, justBefore(entry.position), 1)).events;
      if (isOver()) return [];
      if (found !== undefined && comparePositions(found.position, entry.position) === 0) entry.event = found.event;
      else lost.push(entry);
    }
    if (lost.length > 0) {
      this.lanes.drop(unit, lost);
      this.lanes.addGap({ from: lost[0]!.position, to: lost.at(-1)!.position, dropped: lost.length });
      onNews({ kind: 'gap', dropped: lost.length });
    }
    return unit.entries.map(({ event }) => event!);
  }

  private async settle(
    unit: Unit,
    events: readonly JournalEvent[],
    outcome: Outcome,
    isOver: () => boolean,
  ): Promise<void> {
    const { clock, onNews, chance } = this.options;
    const now = clock();
    const status = outcome.kind === 'answered' ? outcome.status : null;
    if (isDelivered(outcome)) {
      this.standing = { ...this.standing, delivered: now };
      this.lanes.done(unit);
      if (this.failuresInRow >= DOWN_AFTER) {
        onNews({ kind: 'up' });
        this.lanes.hurry(now);
      }
      this.failuresInRow = 0;
      this.rests = 0;
      return;
    }
    const why = outcome.kind === 'answered' ? `it answered ${outcome.status}` : outcome.why;
    this.standing = { ...this.standing, failed: { at: now, why } };
    if (status === 410) {
      this.lanes.park(unit, now);
      if (this.standing.disabled === null) onNews({ kind: 'disabled' });
      this.standing = { ...this.standing, disabled: now };
      return;
    }
    const retryAfter = outcome.kind === 'answered' ? outcome.retryAfter : null;
    if (retryAfter !== null) this.restFor(now, retryAfter);
    if (++this.failuresInRow === DOWN_AFTER) onNews({ kind: 'down' });
    // What was under way when it went down fails, too; that is no further rest.
    if (this.failuresInRow >= DOWN_AFTER && now >= this.standing.rest) this.restFor(now, restOf(this.rests++));
    const { attempts, due } = afterFailure(unit, retryAfter, now, chance);
    unit.attempts = attempts;
    if (due !== null) this.lanes.park(unit, due);
    else await this.giveUp(unit, events, why, isOver);
  }

  private restFor(now: number, duration: number): void {
    this.standing = { ...this.standing, rest: Math.max(this.standing.rest, now + duration) };
  }

  private async giveUp(unit: Unit, events: readonly JournalEvent[], why: string, isOver: () => boolean): Promise<void> {
    const { letters, onNews } = this.options;
    const dropped = events.length === 0 ? 0 : await letters.add(events, unit.attempts, why);
    if (isOver()) return;
    const { dead, deadDropped } = this.standing;
    this.standing = { ...this.standing, dead: dead + events.length, deadDropped: deadDropped + dropped };
    this.lanes.done(unit);
    onNews({ kind: 'dead', events: events.length, why });
  }
}
