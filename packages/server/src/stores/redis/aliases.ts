/**
 * Where a token leads. A token of our own form names its session. All others, and the token of a session that moved and
 * kept it, need an alias: a small key that leads from the hash of the token to the session. The slot of the alias depends on
 * the hash, the slot of the session on the subject. So the two can never be written in one step.
 *
 * An alias is claimed first (`id:0`). Then its session is written. Then the alias is settled (`id:until`). Whoever finds a
 * claim waits until the session opens, or the claim is given up, or the script that was to write the session is past its
 * deadline. Only then may it claim the alias itself. (To take it over at once and give it back if need be was not enough: a
 * third could take it in between.) After a crash the next one has to wait that long, once. An alias that is left behind
 * after the end of its session leads to nothing that the token opens, and its TTL removes it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expiresAt } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { Visit } from '../../core/store.ts';
import { ID_LENGTH, type TokenRef } from '../../core/token.ts';
import type { Keys } from './keys.ts';
import type { ScriptCalls } from './script-calls.ts';

/** How much longer than its session an alias is kept, so that not every touch must extend it. Units: milliseconds. */
const SLACK = 3_600_000;

/** In the place of the instant, while the session is not written yet. */
const CLAIMED = '0';
/** How often a request that waits for a claim looks again. Units: milliseconds. */
const LOOK_AGAIN = 10;

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
      // One after the other, in this order: the word is taken back only once the alias leads on. If both were read at the same
      // time, both could be missed.
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
   * Claims an alias for a session that is about to be written; `settled` or `withdraw` comes next. `own`: it leads there
   * already. `taken`: it leads to a live one. `opens` tells whether a session lives by it.
   */
  claim(app: string, hash: string, session: Session, now: number, opens: Opens): Promise<'new' | 'own' | 'taken'> {
    return this.take(app, hash, session, now, opens, { value: claimOf(session), present: '' });
  }

  /** Lets an alias hold `value`. `present`: what it is thought to hold. */
  private async take(
    app: string,
    hash: string,
    session: Session,
    now: number,
    opens: Opens,
    { value, present }: { value: string; present: string },
  ): Promise<'new' | 'own' | 'taken'> {
    // A claim is there before its script is sent: past one budget for each of the two answers it cannot run any more.
    const patience = (2 * this.calls.timeout) / LOOK_AGAIN;
    let [awaited, looks] = ['', 0];
    for (let instead = present; ; ) {
      const found = await this.put(app, hash, value, instead, ttlFor(session, value, now));
      const held = found ?? instead;
      const id = held.slice(0, ID_LENGTH);
      // One that was replaced is looked at again: its session may have begun to live since.
      if (held !== '' && (await opens(id, hash))) {
        if (id === session.id) return 'own';
        if (found === null) await this.giveBack(app, hash, value, held, now);
        return 'taken';
      }
      if (found === null) return 'new';
      if (found !== awaited) [awaited, looks] = [found, 0];
      const waits = found.slice(ID_LENGTH + 1) === CLAIMED && looks++ < patience;
      instead = waits ? '' : found;
      if (waits) await delay(LOOK_AGAIN);
    }
  }

  /** Settles a claim, now that its session is written. False: the alias leads elsewhere. */
  async settled(app: string, hash: string, session: Session, now: number): Promise<boolean> {
    const found = await this.point(app, hash, session, claimOf(session), now);
    if (found === null || found.startsWith(session.id)) return true;
    // The same was done at the same time, in vain, and the claim was withdrawn.
    return found === '' && (await this.restore(app, hash, session, now));
  }

  /**
   * Takes back a claim for what was then not done: unless the session lives by it after all, because the same was done at
   * the same time.
   */
  async withdraw(app: string, hash: string, session: Session, now: number, opens: Opens): Promise<void> {
    if (await opens(session.id, hash)) return;
    await this.release(app, [hash, claimOf(session)]);
    if (await opens(session.id, hash)) await this.restore(app, hash, session, now);
  }

  /**
   * Lets the alias of a session that moved lead to where it is now, whatever it has come to hold meanwhile, and takes back
   * the word left where it was. `opens`: at that very id.
   */
  async settle(app: string, hash: string, from: Lead, session: Session, now: number, opens: Opens): Promise<void> {
    await this.take(app, hash, session, now, opens, { value: leadTo(session), present: from.alias ?? '' });
    await this.forgetCopy(app, session.id);
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

  /** Keeps the alias of a session as long as that, now that its timeouts were changed. */
  async keep(app: string, hash: string, session: Session, now: number): Promise<void> {
    const held = await this.text(this.keys.alias(app, hash));
    if (held?.startsWith(session.id)) await this.point(app, hash, session, held, now);
  }

  /** Lets an alias that was lost lead to its session again. False: it leads somewhere by now. For audits. */
  async restore(app: string, hash: string, session: Session, now: number): Promise<boolean> {
    return (await this.point(app, hash, session, '', now)) === null;
  }

  /** Removes aliases of sessions that ended, as the scripts list them: hash, id, hash, id, … */
  async release(app: string, ended: unknown): Promise<void> {
    const texts = (ended as (Buffer | string)[]).map(String);
    const pairs = texts.flatMap((hash, i) => (i % 2 === 0 ? [{ hash, id: texts[i + 1]! }] : []));
    await Promise.all(
      pairs.map(({ hash, id }) => this.calls.callTimeless('alias-release', [this.keys.alias(app, hash)], [id])),
    );
  }

  /** Gives the id that word left at another one names. Absence: null. */
  wordAt(app: string, id: string): Promise<string | null> {
    return this.text(this.keys.moved(app, id));
  }

  /** Notes that a session is about to be made as a copy of another one. Units: milliseconds, as text. */
  async noteCopy(app: string, id: string, of: string, ttl: string): Promise<void> {
    await this.calls.command('SET', [this.keys.copied(app, id), of, 'PX', ttl]);
  }

  /** Takes that note back: it is the session now, or it is no more. */
  async forgetCopy(app: string, id: string): Promise<void> {
    await this.calls.command('DEL', [this.keys.copied(app, id)]);
  }

  /** Tells whether a session is a copy whose original did not leave word of it: its token has never opened it. */
  async isUnfinished(app: string, id: string): Promise<boolean> {
    const original = await this.text(this.keys.copied(app, id));
    return original !== null && (await this.wordAt(app, original)) !== id;
  }

  private async text(key: string): Promise<string | null> {
    const value = (await this.calls.command('GET', [key])) as Buffer | null;
    return value?.toString('latin1') ?? null;
  }

  /** Points an alias at a session if its value is `instead` ('': none). Gives null when it did, else its value. */
  private async point(
    app: string,
    hash: string,
    session: Session,
    instead: string,
    now: number,
  ): Promise<string | null> {
    const value = leadTo(session);
    const found = await this.put(app, hash, value, instead, ttlFor(session, value, now), true);
    // When the first answer was lost and the command is sent again, it finds what it wrote the first time.
    return found === value ? null : found;
  }

  /** Lets an alias that was claimed lead to where it led before. */
  private async giveBack(app: string, hash: string, value: string, before: string, now: number): Promise<void> {
    const until = Number(before.slice(ID_LENGTH + 1));
    await this.put(app, hash, before, value, Number.isFinite(until) ? timeToLive(until - now) : '');
  }

  private async put(
    app: string,
    hash: string,
    value: string,
    instead: string,
    ttl: string,
    repeatable = false,
  ): Promise<string | null> {
    const [keys, args] = [[this.keys.alias(app, hash)], [value, instead, ttl]];
    const found = (await this.calls.callTimeless('alias-point', keys, args, repeatable)) as Buffer | null;
    return found?.toString('latin1') ?? null;
  }
}

/** Gives what an alias holds: the id, and until when it is kept. */
function leadTo(session: Session): string {
  return `${session.id}:${expiresAt(session) + SLACK}`;
}

/** Gives what an alias holds while its session is not written yet. */
function claimOf({ id }: Session): string {
  return `${id}:${CLAIMED}`;
}

/** Gives the TTL of an alias; a claim has one even where the session has no end. Absence: empty. Units: milliseconds. */
function ttlFor(session: Session, value: string, now: number): string {
  const left = expiresAt(session) + SLACK - now;
  if (Number.isFinite(left)) return timeToLive(left);
  return value === claimOf(session) ? timeToLive(SLACK) : '';
}

/** Gives a TTL that Redis takes. Units: milliseconds. */
export function timeToLive(duration: number): string {
  return String(Math.min(Math.max(1, Math.ceil(duration)), LONGEST));
}

/** Redis refuses a TTL that overflows its own arithmetic. */
const LONGEST = 1e15;
