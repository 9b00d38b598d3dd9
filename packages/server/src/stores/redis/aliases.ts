/**
 * Aliases: the small keys that lead from the hash of a token that a caller chose to its session. The hash decides the
 * slot, the subject that of the session, so the two are never one step. The order makes a crash in between harmless:
 * claimed before its session exists, an alias leads nowhere and may be claimed by the next; left behind after it, it
 * leads to a session that does not open with it, and its TTL ends it.
 */
import { expiresAt } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { Visit } from '../../core/store.ts';
import { ID_LENGTH, type TokenRef } from '../../core/token.ts';
import type { Keys } from './keys.ts';
import type { ScriptCalls } from './script-calls.ts';

/** How much longer than its session an alias is kept, so that not every touch must extend it. Units: milliseconds. */
const SLACK = 3_600_000;

/** Where a token leads. `alias`: the value of the alias that led there; null when none did. */
export interface Lead {
  readonly id: string;
  readonly alias: string | null;
}

type Opens = (id: string, hash: string) => Promise<boolean>;

export class Aliases {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;

  constructor(calls: ScriptCalls, keys: Keys) {
    this.calls = calls;
    this.keys = keys;
  }

  /** Gives the session id a token leads to. Absence: null. */
  async resolve(app: string, token: TokenRef): Promise<Lead | null> {
    if (token.id !== null) return { id: token.id, alias: null };
    const value = (await this.calls.command('GET', [this.keys.alias(app, token.hash)])) as Buffer | null;
    return value === null ? null : { id: value.toString('latin1', 0, ID_LENGTH), alias: value.toString('latin1') };
  }

  /** Lets an alias lead to a session. False: it leads to a live one. `opens` tells whether a session lives by it. */
  async claim(app: string, hash: string, session: Session, now: number, opens: Opens): Promise<boolean> {
    const key = this.keys.alias(app, hash);
    const [value, ttl] = this.valueFor(session, now);
    for (let present = ''; ; ) {
      const found = String(await this.calls.callTimeless('alias-claim', [key], [value, present, ttl]));
      if (found === '') return true;
      if (await opens(found.slice(0, ID_LENGTH), hash)) return false;
      present = found;
    }
  }

  /** Keeps an alias as long as the session it led to, and not for ever, now that the session was touched. */
  async extend(app: string, hash: string, lead: Lead, { session, at }: Visit): Promise<void> {
    if (lead.alias === null) return;
    const [until, deadline] = [Number(lead.alias.slice(ID_LENGTH + 1)), expiresAt(session)];
    if (until >= deadline && Number.isFinite(until) === Number.isFinite(deadline)) return;
    const [value, ttl] = this.valueFor(session, at);
    await this.calls.callTimeless('alias-claim', [this.keys.alias(app, hash)], [value, lead.alias, ttl]);
  }

  /** Lets an alias that was lost lead to its session again. False: it leads somewhere by now. For audits. */
  async restore(app: string, hash: string, session: Session, now: number): Promise<boolean> {
    const [value, ttl] = this.valueFor(session, now);
    return String(await this.calls.callTimeless('alias-claim', [this.keys.alias(app, hash)], [value, '', ttl])) === '';
  }

  /** Removes aliases of sessions that ended, as the scripts list them: hash, id, hash, id, … */
  async release(app: string, ended: unknown): Promise<void> {
    const texts = (ended as Buffer[]).map(String);
    const pairs = texts.flatMap((hash, i) => (i % 2 === 0 ? [{ hash, id: texts[i + 1]! }] : []));
    await Promise.all(
      pairs.map(({ hash, id }) => this.calls.callTimeless('alias-release', [this.keys.alias(app, hash)], [id])),
    );
  }

  private valueFor(session: Session, now: number): [value: string, ttl: string] {
    const deadline = expiresAt(session);
    if (!Number.isFinite(deadline)) return [`${session.id}:Infinity`, ''];
    const until = deadline + SLACK;
    return [`${session.id}:${until}`, String(Math.min(Math.max(1, Math.ceil(until - now)), LONGEST))];
  }
}

/** Redis refuses a TTL that overflows its own arithmetic. */
const LONGEST = 1e15;
