/**
 * A new token for a session that stays where it is: one script, and before it the claim of an alias, when the caller chose
 * the token. What fails after the claim takes it back; a crash in between leaves an alias that opens nothing.
 */
import type { RotateOutcome, Rotation, Visit } from '../../core/store.ts';
import type { TokenRef } from '../../core/token.ts';
import { KEPT_REPLACED, MOST_REPLACED } from '../../core/transitions.ts';
import type { Aliases, Lead, Opens } from './aliases.ts';
import type { Keys } from './keys.ts';
import { packMembers, unpackVisit } from './record.ts';
import type { ScriptCalls } from './script-calls.ts';

/** What lua/rotate.lua answers. */
type Answered = [at: number, done: number, text: Buffer, ended: Buffer[], seeds: Buffer[]];
const NONE = -1;
const CONFLICT = 0;
const ROTATED = 1;
const REPEATED = 2;
const REFUSALS: Readonly<Record<number, 'replaced' | 'crowded' | 'taken'>> = {
  3: 'replaced',
  4: 'crowded',
  5: 'taken',
};

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
    { credential: { hash, alias }, seed = '', graceUntil, expect, change }: Rotation,
    now: number,
  ): Promise<RotateOutcome | null> {
    const { aliases } = this.store;
    const before = await this.store.look(app, lead, token.hash, now);
    if (before === null) return null;
    const claim = alias ? await this.store.claim(before.session, hash, before.at) : 'own';
    if (claim === 'taken') return { kind: 'taken' };
    const credential = [hash, Number(alias), seed, graceUntil - now, expect ?? '', MOST_REPLACED, KEPT_REPLACED];
    const args = [lead.id, token.hash, ...credential, change?.version ?? '', ...packMembers(change ?? {})];
    const answer = await this.calls.callDurably('rotate', this.keys.ofSession(app, lead.id), now, args);
    const [at, done, text, ended, seeds] = (answer ?? [now, NONE]) as unknown as Answered;
    if (claim === 'new' && done !== ROTATED) {
      await aliases.withdraw(app, hash, before.session, before.at, this.store.opensAt(app, now));
    }
    if (done === NONE) return null;
    const kind = REFUSALS[done];
    if (kind !== undefined) return { kind };
    const visit = unpackVisit(text, app, lead.id, at);
    if (done === CONFLICT) return { kind: 'conflict', ...visit };
    // As long as the session lasts by now: the change may have made it longer.
    if (claim === 'new' && done === ROTATED) await aliases.settled(app, hash, visit.session, at);
    else if (alias && change !== undefined) await aliases.keep(app, hash, visit.session, at);
    await aliases.release(app, ended);
    if (done === REPEATED) return { kind: 'repeated', ...visit, seeds: seeds.map(String) };
    return { kind: 'rotated', ...visit, revoked: [] };
  }

  /**
   * Reads a session by its present token. `replaced`: it is one that was replaced, in its grace. It is a rotation to the token
   * that was presented, which changes nothing. Absence: null.
   */
  async lookPresent(app: string, lead: Lead, hash: string, now: number): Promise<Visit | 'replaced' | null> {
    const args = [lead.id, hash, hash, 0, '', 0, '', MOST_REPLACED, KEPT_REPLACED, '', ...packMembers({})];
    const answer = await this.calls.call('rotate', this.keys.ofSession(app, lead.id), now, args);
    const [at, done, text] = (answer ?? [now, NONE]) as unknown as Answered;
    if (done === ROTATED) return unpackVisit(text, app, lead.id, at);
    return done === NONE ? null : 'replaced';
  }
}
