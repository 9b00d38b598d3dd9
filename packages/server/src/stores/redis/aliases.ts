/**
 * Where a token leads. A token of our own form names its session. All others, and the token of a session that moved and
 * kept it, need an alias: a small key that leads from the hash of the token to the session. The slot of the alias depends on
 * the hash, the slot of the session on the subject. So the two can never be written in one step: claims.ts says how they
 * are written one after the other.
 *
 * An alias holds `id:until`, the id of its session and until when it is kept. One that is left behind after the end of its
 * session leads to nothing that the token opens, and its TTL removes it.
 */
import { expiresAt } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import { ID_LENGTH, type TokenRef } from '../../core/token.ts';
import type { Pair } from './answers.ts';
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

/** The alias of a session for the token of a hash, as things are at an instant. */
export interface AliasOf {
  readonly session: Session;
  readonly hash: string;
  readonly now: number;
}

/** A change of an alias. `from`: what it is thought to hold; null for nothing. `ttl`: empty for none. */
interface Rewriting {
  readonly from: string | null;
  readonly to: string;
  readonly ttl: string;
}

/** Whether an alias was written, and what it held before; where it was not, what it holds instead. Absence: null. */
interface Written {
  readonly written: boolean;
  readonly held: string | null;
}

type Work<T> = (lead: Lead) => Promise<T | null>;

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
      const alias = await this.held(app, hash);
      const id = moved ?? (alias === null ? null : idIn(alias));
      // Of a token of our own form a script has looked for the session, and no replica gets past that.
      if (id === null && tried === null) await this.calls.callTimeless('master', [this.keys.probe], []);
      if (id === null || id === tried) return null;
      const done = await work(moved === null ? { id, alias } : { id, alias, from: tried! });
      if (done !== null) return done;
      tried = id;
    }
    return null;
  }

  /** Gives what an alias holds. Absence: null. */
  held(app: string, hash: string): Promise<string | null> {
    return this.text(this.keys.alias(app, hash));
  }

  /** Points an alias at its session, if it holds what it is thought to, or that already. Else gives what it holds. */
  async point(of: AliasOf, from: string | null): Promise<Written> {
    const to = leadTo(of.session);
    const ttl = ttlOf(of);
    const { written, held } = await this.put(of.session.app, of.hash, { from, to, ttl }, true);
    // When the first answer was lost and the command is sent again, it finds what it wrote the first time.
    return { written: written || held === to, held };
  }

  /** Lets an alias that was lost lead to its session again. False: it leads somewhere by now. For audits, too. */
  async restore(of: AliasOf): Promise<boolean> {
    return (await this.point(of, null)).written;
  }

  /** Writes an alias, if it holds what it is thought to. `repeatable`: twice is as good as once. */
  async put(app: string, hash: string, { from, to, ttl }: Rewriting, repeatable = false): Promise<Written> {
    const [keys, args] = [[this.keys.alias(app, hash)], [to, from ?? '', ttl]];
    const found = (await this.calls.callTimeless('alias-point', keys, args, repeatable)) as Buffer | null;
    return found === null ? { written: true, held: from } : { written: false, held: found.toString('latin1') || null };
  }

  /** Removes aliases of sessions that ended. */
  async release(app: string, ended: readonly Pair[]): Promise<void> {
    await Promise.all(
      ended.map(([hash, id]) => this.calls.callTimeless('alias-release', [this.keys.alias(app, hash)], [id])),
    );
  }

  /** Gives the id that word left at another one names. Absence: null. */
  wordAt(app: string, id: string): Promise<string | null> {
    return this.text(this.keys.moved(app, id));
  }

  /** Takes back the word left at an id. */
  async forgetWord(app: string, id: string): Promise<void> {
    await this.calls.command('DEL', [this.keys.moved(app, id)]);
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
}

/** Gives the id that an alias leads to. */
export function idIn(alias: string): string {
  return alias.slice(0, ID_LENGTH);
}

/** Gives until when an alias is kept, as `leadTo` has it. */
export function untilIn(alias: string): number {
  return Number(alias.slice(ID_LENGTH + 1));
}

/** Gives what an alias holds: the id, and until when it is kept. */
export function leadTo(session: Session): string {
  return `${session.id}:${expiresAt(session) + SLACK}`;
}

/** Gives the TTL of an alias. Absence: empty where the session has no end, else `endless`. Units: milliseconds. */
export function ttlOf({ session, now }: AliasOf, endless = ''): string {
  const left = expiresAt(session) + SLACK - now;
  return Number.isFinite(left) ? timeToLive(left) : endless;
}

/** Gives a TTL that Redis takes. Units: milliseconds. */
export function timeToLive(duration: number): string {
  return String(Math.min(Math.max(1, Math.ceil(duration)), LONGEST));
}

/** Redis refuses a TTL that overflows its own arithmetic. */
const LONGEST = 1e15;
