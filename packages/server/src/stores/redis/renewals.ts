/**
 * A new token for a session that stays where it is: one script, and before it the claim of an alias, when the caller chose
 * the token. What fails after the claim takes it back; a crash in between leaves an alias that opens nothing.
 */
import type { RotateOutcome, Rotation, Visit } from '../../core/store.ts';
import type { TokenRef } from '../../core/token.ts';
import type { Aliases, Lead, Opens } from './aliases.ts';
import type { Keys } from './keys.ts';
import { unpackVisit } from './record.ts';
import type { ScriptCalls } from './script-calls.ts';

/** What the store lends. */
interface Lender {
  readonly aliases: Aliases;
  look(app: string, lead: Lead, hash: string, now: number): Promise<Visit | null>;
  claim(session: Visit['session'], hash: string, now: number): Promise<'new' | 'own' | 'taken'>;
  opensAt(app: string, now: number): Opens;
}

export class Renewals {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly store: Lender;

  constructor(calls: ScriptCalls, keys: Keys, store: Lender) {
    this.calls = calls;
    this.keys = keys;
    this.store = store;
  }

  /** Rotates the token of a session. Absence: null. */
  async renew(
    app: string,
    token: TokenRef,
    lead: Lead,
    { credential: { hash, alias }, graceUntil, expect }: Rotation,
    now: number,
  ): Promise<RotateOutcome | null> {
    const { aliases } = this.store;
    const before = await this.store.look(app, lead, token.hash, now);
    if (before === null) return null;
    const claim = alias ? await this.store.claim(before.session, hash, before.at) : 'own';
    if (claim === 'taken') return { kind: 'taken' };
    const args = [lead.id, token.hash, hash, Number(alias), graceUntil - now, expect ?? ''];
    const answer = await this.calls.callDurably('rotate', this.keysOf(app, lead), now, args);
    const [at, done, text, ended] = (answer ?? [now, 0, null, []]) as [number, number, Buffer | null, Buffer[]];
    if (claim === 'new' && done === 1) await aliases.settled(app, hash, before.session, before.at);
    else if (claim === 'new') {
      await aliases.withdraw(app, hash, before.session, before.at, this.store.opensAt(app, now));
    }
    if (text === null) return null;
    const visit = unpackVisit(text, app, lead.id, at);
    if (done === 0) return { kind: 'conflict', ...visit };
    if (done === 2) return { kind: 'taken' };
    await aliases.release(app, ended);
    return { kind: 'rotated', ...visit, revoked: [] };
  }

  /**
   * Reads a session by its present token, not by the one before a rotation, in its grace. It is a rotation to the token that
   * was presented, which changes nothing. Absence: null.
   */
  async lookPresent(app: string, lead: Lead, hash: string, now: number): Promise<Visit | null> {
    const answer = await this.calls.call('rotate', this.keysOf(app, lead), now, [lead.id, hash, hash, 0, 0, '']);
    const [at, done, text] = (answer ?? [now, 0]) as [number, number, Buffer];
    return done === 1 ? unpackVisit(text, app, lead.id, at) : null;
  }

  /** The keys of the script: sessions and data of the partition. */
  private keysOf(app: string, { id }: Lead): readonly string[] {
    return this.keys.ofSession(app, id).slice(0, 2);
  }
}
