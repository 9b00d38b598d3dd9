/**
 * What a near cache remembers: sessions by their tokens, each for a time, and what has changed while an answer was under way. An
 * answer says how things were at some instant after its request was sent; so one is kept only when nothing that it is about has
 * changed since then, and its age counts from then.
 *
 * Its data is kept as text: whoever gets a session may do with it what they like. Its other members are no objects.
 */
import type { Session, Staleness } from './types.ts';

/** Instants of two clocks: the steady one stands still while a machine sleeps, the other one may be set. Units: milliseconds. */
export interface Instant {
  readonly steady: number;
  readonly clock: number;
}

/** A request that is under way. */
export interface Asked extends Instant {
  /** How many changes were known when it was sent. */
  readonly mark: number;
}

/** What is known of a session that is kept. Units: milliseconds since its request was sent. */
interface Kept {
  /** With places for the data and the staleness: a copy with room for them costs half of one that has to grow. */
  readonly session: Omit<Session, 'data'> & { readonly data: null; readonly staleness: undefined };
  readonly data: string;
  readonly asked: Instant;
  readonly life: number;
  /** For how long a read that touches needs no other one. Absence: -1 when none has touched it. */
  readonly touchLife: number;
}

/** A new object, whose staleness is still to be said. */
export type Answer = Session & { staleness?: Staleness | undefined };

/** A session with more data is not kept. Units: UTF-16 code units. */
const LONGEST_DATA = 16_384;
/** Changes that are remembered while requests are under way. When there are more, the answers of these are not kept. */
const MOST_CHANGES = 10_000;

/** How long the time between two instants was at most. */
function between(from: Instant, to: Instant): number {
  return Math.max(to.steady - from.steady, to.clock - from.clock);
}

export class KeptSessions {
  private readonly most: number;
  /** By token, the one that was asked for last at the end. */
  private readonly byToken = new Map<string, Kept>();
  /** Tokens by the id of their session: during the grace of a rotation there are two. */
  private readonly tokens = new Map<string, Set<string>>();
  private isOpen = false;
  /** Rises with each change. */
  private changes = 0;
  /** Answers of requests that were sent before so many changes are not kept. */
  private floor = 0;
  /** When something changed last, by what it is. Only while requests are under way. */
  private readonly changed = new Map<string, number>();
  private underWay = 0;

  constructor(most: number) {
    this.most = most;
  }

  get size(): number {
    return this.byToken.size;
  }

  /** Begins to keep answers, of requests that are sent from now on. */
  open(): void {
    this.forgetAll();
    this.isOpen = true;
  }

  /** Ends it, and forgets all. */
  close(): void {
    this.isOpen = false;
    this.forgetAll();
  }

  /** Notes that a request is sent. `settle` must follow. */
  ask(now: Instant): Asked {
    this.underWay++;
    return { ...now, mark: this.changes };
  }

  settle(): void {
    this.underWay--;
    if (this.underWay === 0) this.changed.clear();
  }

  /**
   * Keeps an answer if it may be kept. `life`: how long it may be, since its request was sent; `touchLife`: see Kept. Units:
   * milliseconds.
   */
  keep(asked: Asked, token: string, session: Session, life: number, touchLife: number): void {
    const { id, subject } = session;
    if (!this.isOpen || !(life > 0) || this.hasChanged(asked.mark, token, id, subject)) return;
    const { data, ...rest } = session;
    const text = JSON.stringify(data);
    if (text.length > LONGEST_DATA) return;
    this.drop(token);
    const kept = { ...rest, data: null, staleness: undefined };
    this.byToken.set(token, { session: kept, data: text, asked, life, touchLife });
    const tokens = this.tokens.get(id);
    if (tokens === undefined) this.tokens.set(id, new Set([token]));
    else tokens.add(token);
    if (this.byToken.size > this.most) this.drop(this.byToken.keys().next().value!);
  }

  /** Gives a session and its age. Absence: null when it must be asked for. */
  find(token: string, touch: boolean, now: Instant): { session: Answer; age: number } | null {
    const kept = this.byToken.get(token);
    if (kept === undefined) return null;
    const age = between(kept.asked, now);
    if (age > kept.life) {
      this.drop(token);
      return null;
    }
    if (touch && age > kept.touchLife) return null;
    this.byToken.delete(token);
    this.byToken.set(token, kept);
    const session: Answer = { ...kept.session, data: null as never };
    session.data = JSON.parse(kept.data);
    return { session, age };
  }

  forgetToken(token: string): void {
    this.note(`t${token}`);
    const kept = this.byToken.get(token);
    if (kept !== undefined) this.forgetSession(kept.session.id);
  }

  forgetSession(id: string): void {
    this.note(`i${id}`);
    for (const token of this.tokens.get(id) ?? []) this.drop(token);
  }

  forgetSubject(subject: string): void {
    this.note(`s${subject}`);
    for (const [token, kept] of this.byToken) if (kept.session.subject === subject) this.drop(token);
  }

  forgetAll(): void {
    this.floor = ++this.changes;
    this.changed.clear();
    this.byToken.clear();
    this.tokens.clear();
  }

  private note(what: string): void {
    this.changes++;
    if (this.underWay === 0) return;
    if (this.changed.size >= MOST_CHANGES) {
      this.floor = this.changes;
      this.changed.clear();
    } else this.changed.set(what, this.changes);
  }

  private hasChanged(mark: number, token: string, id: string, subject: string | null): boolean {
    if (mark < this.floor) return true;
    const since = (what: string) => (this.changed.get(what) ?? 0) > mark;
    return since(`t${token}`) || since(`i${id}`) || (subject !== null && since(`s${subject}`));
  }

  private drop(token: string): void {
    const kept = this.byToken.get(token);
    if (kept === undefined) return;
    this.byToken.delete(token);
    const { id } = kept.session;
    const tokens = this.tokens.get(id)!;
    tokens.delete(token);
    if (tokens.size === 0) this.tokens.delete(id);
  }
}
