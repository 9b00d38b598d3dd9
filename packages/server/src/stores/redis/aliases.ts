/**
 * Where a token leads. One of our own form says it by itself; for all others, and for a session that moved and kept its
 * token, there is an alias: a small key from the hash of the token to the session. The hash decides its slot, the subject
 * that of the session, so the two are never one step.
 *
 * An alias is claimed (`id:0`), then its session is written, then it is settled (`id:until`). Who finds a claim waits until
 * the session opens, the claim is given up, or the script that was to write the session is past its deadline, and only then
 * claims it for itself: a crash in between costs the next one that time. Left behind after its session, an alias leads to
 * one that does not open with it: the next may have it at once, and its TTL ends it.
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
/** How often who waits for a claim looks again. Units: milliseconds. */
const LOOK_AGAIN = 10;

/** A session that is moving is found after a hop or two; more would be a circle. */
const MAX_HOPS = 5;

/** Where a token leads. `alias`: the value of the alias that led there; null when none did. */
export interface Lead {
  readonly id: string;
  readonly alias: string | null;
}

type Work<T> = (lead: Lead) => Promise<T | null>;
type Opens = (id: string, hash: string) => Promise<boolean>;

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
      const moved = tried === null ? null : await this.text(this.keys.moved(app, tried));
      const alias = await this.text(this.keys.alias(app, hash));
      const id = moved ?? alias?.slice(0, ID_LENGTH) ?? null;
      if (id === null || id === tried) return null;
      const done = await work({ id, alias });
      if (done !== null) return done;
      tried = id;
    }
    return null;
  }

  /**
   * Claims an alias for a session that is about to be written; `settled` or `giveUp` comes next. `own`: it leads there
   * already. `taken`: it leads to a live one. `opens` tells whether a session lives by it.
   */
  async claim(
    app: string,
    hash: string,
    session: Session,
    now: number,
    opens: Opens,
  ): Promise<'new' | 'own' | 'taken'> {
    // The claim was there before its script was sent: past one budget for the one answer and one for the other it cannot run.
    const patience = (2 * this.calls.timeout) / LOOK_AGAIN;
    let [awaited, looks] = ['', 0];
    for (let present = ''; ; ) {
      const found = await this.point(app, hash, session, present, now, CLAIMED);
      if (found === null) return 'new';
      const id = found.slice(0, ID_LENGTH);
      if (found !== '' && (await opens(id, hash))) return id === session.id ? 'own' : 'taken';
      if (found !== awaited) [awaited, looks] = [found, 0];
      const waits = found.slice(ID_LENGTH + 1) === CLAIMED && looks++ < patience;
      present = waits ? '' : found;
      if (waits) await delay(LOOK_AGAIN);
    }
  }

  /** Settles a claim: the session is written. */
  async settled(app: string, hash: string, session: Session, now: number): Promise<void> {
    const found = await this.point(app, hash, session, `${session.id}:${CLAIMED}`, now);
    // Another rotation of the same session had claimed it for the same, in vain, and gave it up.
    if (found === '') await this.point(app, hash, session, '', now);
  }

  /** Gives a claim up: the session was not written. */
  giveUp(app: string, hash: string, id: string): Promise<void> {
    return this.release(app, [hash, `${id}:${CLAIMED}`]);
  }

  /** Lets the alias of a session that moved lead to where it is now, and takes back the word left where it was. */
  async settle(app: string, hash: string, from: Lead, session: Session, now: number): Promise<void> {
    await this.point(app, hash, session, from.alias ?? '', now);
    await this.calls.command('DEL', [this.keys.moved(app, from.id)]);
  }

  /** Keeps an alias as long as the session it led to, and not for ever, now that the session was touched. */
  async extend(app: string, hash: string, lead: Lead, { session, at }: Visit): Promise<void> {
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
    const texts = (ended as (Buffer | string)[]).map(String);
    const pairs = texts.flatMap((hash, i) => (i % 2 === 0 ? [{ hash, id: texts[i + 1]! }] : []));
    await Promise.all(
      pairs.map(({ hash, id }) => this.calls.callTimeless('alias-release', [this.keys.alias(app, hash)], [id])),
    );
  }

  private async text(key: string): Promise<string | null> {
    const value = (await this.calls.command('GET', [key])) as Buffer | null;
    return value?.toString('latin1') ?? null;
  }

  /** Points an alias at a session if its value is `instead` ('': none). Gives null when it did, else its value. */
  private async point(app: string, hash: string, session: Session, instead: string, now: number, mark?: string) {
    const until = expiresAt(session) + SLACK;
    const ttl = Number.isFinite(until) ? timeToLive(until - now) : mark === undefined ? '' : String(SLACK);
    const args = [`${session.id}:${mark ?? until}`, instead, ttl];
    const found = (await this.calls.callTimeless('alias-point', [this.keys.alias(app, hash)], args)) as Buffer | null;
    return found?.toString('latin1') ?? null;
  }
}

/** Gives a TTL that Redis takes. Units: milliseconds. */
export function timeToLive(duration: number): string {
  return String(Math.min(Math.max(1, Math.ceil(duration)), LONGEST));
}

/** Redis refuses a TTL that overflows its own arithmetic. */
const LONGEST = 1e15;
