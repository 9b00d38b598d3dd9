/**
 * Where a token leads. One of our own form says it by itself; for all others, and for a session that moved and kept its
 * token, there is an alias: a small key from the hash of the token to the session. The hash decides its slot, the subject
 * that of the session, so the two are never one step. The order makes a crash in between harmless: claimed before its
 * session exists, an alias leads nowhere and may be claimed by the next; left behind after it, it leads to a session that
 * does not open with it, and its TTL ends it.
 */
import { expiresAt } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { Visit } from '../../core/store.ts';
import { ID_LENGTH, type TokenRef } from '../../core/token.ts';
import type { Keys } from './keys.ts';
import type { ScriptCalls } from './script-calls.ts';

/** How much longer than its session an alias is kept, so that not every touch must extend it. Units: milliseconds. */
const SLACK = 3_600_000;

/** A session that is moving is found after a hop or two; more would be a circle. */
const MAX_HOPS = 5;

/**
 * Where a token leads. `alias`: the value of its alias; null when it has none. `from`: the id at which word was left that
 * led there; absent when none did.
 */
export interface Lead {
  readonly id: string;
  readonly alias: string | null;
  readonly from?: string;
}

type Work<T> = (lead: Lead) => Promise<T | null>;
/** Tells whether a session lives at an id, and by a hash. */
export type Opens = (id: string, hash: string) => Promise<boolean>;

export class Aliases {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;

  constructor(calls: ScriptCalls, keys: Keys) {
    this.calls = calls;
    this.keys = keys;
  }

  /**
   * Does work on the session of a token: where the token says, or its alias, or the word of a session that moved on in
   * between. Absence: null, when the work gave null at each of them.
   */
  async follow<T>(app: string, token: TokenRef, work: Work<T>): Promise<T | null> {
    const done = token.id === null ? null : await work({ id: token.id, alias: null });
    return done ?? this.onward(app, token, token.id, work);
  }

  /** The same, when it was done in vain at the id that the token says. */
  async onward<T>(app: string, { hash }: TokenRef, from: string | null, work: Work<T>): Promise<T | null> {
    let tried = from;
    for (let hops = 0; hops < MAX_HOPS; hops++) {
      // In this order: the word is taken back once the alias leads on. Read at once, both could be missed.
      const moved = tried === null ? null : await this.wordAt(app, tried);
      const alias = await this.text(this.keys.alias(app, hash));
      const id = moved ?? alias?.slice(0, ID_LENGTH) ?? null;
      if (id === null || id === tried) return null;
      const done = await work(moved === null ? { id, alias } : { id, alias, from: tried! });
      if (done !== null) return done;
      tried = id;
    }
    return null;
  }

  /**
   * Lets an alias lead to a session. `own`: it does already. `taken`: it leads to a live one. `opens` tells whether a
   * session lives by it. `present`: what it is thought to hold.
   */
  async claim(
    app: string,
    hash: string,
    session: Session,
    now: number,
    opens: Opens,
    present = '',
  ): Promise<'new' | 'own' | 'taken'> {
    for (let instead = present; ; ) {
      const found = await this.point(app, hash, session, instead, now);
      const held = found ?? instead;
      const id = held.slice(0, ID_LENGTH);
      // One that was replaced is looked at again: its session may have begun to live since (`keeps` is the other half).
      if (held !== '' && (await opens(id, hash))) {
        if (id === session.id) return 'own';
        if (found === null) await this.giveBack(app, hash, session, held, now);
        return 'taken';
      }
      if (found === null) return 'new';
      instead = found;
    }
  }

  /** Tells whether a session that has begun to live still has its alias: another claim may have come in between. */
  async keeps(app: string, hash: string, id: string): Promise<boolean> {
    const present = await this.text(this.keys.alias(app, hash));
    return present === null || present.startsWith(id);
  }

  /**
   * Takes back a claim for what was then not done: unless the session lives by it after all, because the same was done at
   * the same time.
   */
  async withdraw(app: string, hash: string, session: Session, now: number, opens: Opens): Promise<void> {
    if (await opens(session.id, hash)) return;
    await this.release(app, [hash, session.id]);
    if (await opens(session.id, hash)) await this.restore(app, hash, session, now);
  }

  /**
   * Lets the alias of a session that moved lead to where it is now, whatever it has come to hold meanwhile, and takes back
   * the word left where it was. `opens`: at that very id.
   */
  async settle(app: string, hash: string, from: Lead, session: Session, now: number, opens: Opens): Promise<void> {
    await this.claim(app, hash, session, now, opens, from.alias ?? '');
    await this.calls.command('DEL', [this.keys.moved(app, from.id)]);
    // Ended meanwhile, it must not leave an alias behind. One that moved on left word, to which its alias must lead.
    if (await opens(session.id, hash)) return;
    if ((await this.wordAt(app, session.id)) === null) await this.release(app, [hash, session.id]);
  }

  /**
   * Keeps an alias as long as the session it led to, and not for ever, now that the session was touched. What only word
   * leads to gets its alias: who should have set it is gone, and word ends one day.
   */
  async extend(app: string, hash: string, lead: Lead, { session, at }: Visit, opens: Opens): Promise<void> {
    if (lead.from !== undefined) return this.settle(app, hash, { ...lead, id: lead.from }, session, at, opens);
    if (lead.alias === null) return;
    const [until, deadline] = [Number(lead.alias.slice(ID_LENGTH + 1)), expiresAt(session)];
    if (until >= deadline && Number.isFinite(until) === Number.isFinite(deadline)) return;
    await this.point(app, hash, session, lead.alias, at);
  }

  /** Lets an alias that was lost lead to its session again. False: it leads somewhere by now. For audits. */
  async restore(app: string, hash: string, session: Session, now: number): Promise<boolean> {
    return (await this.point(app, hash, session, '', now)) === null;
  }

  /** Removes aliases of sessions that ended, as the scripts list them: hash, id, hash, id, … */
  async release(app: string, ended: unknown): Promise<void> {
    const texts = (ended as Buffer[]).map(String);
    const pairs = texts.flatMap((hash, i) => (i % 2 === 0 ? [{ hash, id: texts[i + 1]! }] : []));
    await Promise.all(
      pairs.map(({ hash, id }) => this.calls.callTimeless('alias-release', [this.keys.alias(app, hash)], [id])),
    );
  }

  /** Gives the id that word left at another one names. Absence: null. */
  wordAt(app: string, id: string): Promise<string | null> {
    return this.text(this.keys.moved(app, id));
  }

  private async text(key: string): Promise<string | null> {
    const value = (await this.calls.command('GET', [key])) as Buffer | null;
    return value?.toString('latin1') ?? null;
  }

  /** Points an alias at a session if its value is `instead` ('': none). Gives null when it did, else its value. */
  private point(app: string, hash: string, session: Session, instead: string, now: number): Promise<string | null> {
    return this.put(app, hash, leadTo(session), instead, now);
  }

  /** Lets an alias that was claimed lead to where it led before. */
  private async giveBack(app: string, hash: string, session: Session, before: string, now: number): Promise<void> {
    await this.put(app, hash, before, leadTo(session), now);
  }

  private async put(app: string, hash: string, value: string, instead: string, now: number): Promise<string | null> {
    const until = Number(value.slice(ID_LENGTH + 1));
    const args = [value, instead, Number.isFinite(until) ? timeToLive(until - now) : ''];
    const found = (await this.calls.callTimeless('alias-point', [this.keys.alias(app, hash)], args)) as Buffer | null;
    return found?.toString('latin1') ?? null;
  }
}

/** Gives what an alias holds: the id, and until when it is kept. */
function leadTo(session: Session): string {
  return `${session.id}:${expiresAt(session) + SLACK}`;
}

/** Gives a TTL that Redis takes. Units: milliseconds. */
export function timeToLive(duration: number): string {
  return String(Math.min(Math.max(1, Math.ceil(duration)), LONGEST));
}

/** Redis refuses a TTL that overflows its own arithmetic. */
const LONGEST = 1e15;
