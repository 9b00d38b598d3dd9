/**
 * A change, or a new token, for a session that stays where it is: one script, and before it the claim of an alias, when the caller chose
 * the token. What fails after the claim takes it back; a crash in between leaves an alias that opens nothing.
 */
import type { Origin } from '../../core/events.ts';
import type { Change, RotateOutcome, Rotation, UpdateOutcome, Visit } from '../../core/store.ts';
import type { TokenRef } from '../../core/token.ts';
import { KEPT_REPLACED, MOST_REPLACED } from '../../core/transitions.ts';
import type { Lead } from './aliases.ts';
import { parts } from './answers.ts';
import { packHash } from './hashes.ts';
import { partitionOfId } from './keys.ts';
import { packMembers, unpackVisit } from './record.ts';
import { type Ground, locked, type Steps } from './steps.ts';
import { type More, NOTHING } from './telling.ts';

/** What lua/update.lua answers when the lock of a change does not hold. */
const LOCK_LOST = 2;
/** What lua/rotate.lua answers, after the instant. */
const CONFLICT = 0;
const ROTATED = 1;
const REPEATED = 2;
const REFUSALS: Readonly<Record<number, 'replaced' | 'crowded' | 'taken' | 'lost'>> = {
  3: 'replaced',
  4: 'crowded',
  5: 'taken',
  6: 'lost',
};

export class Renewals {
  private readonly ground: Ground;
  private readonly steps: Steps;

  constructor(ground: Ground, steps: Steps) {
    this.ground = ground;
    this.steps = steps;
  }

  /** Changes a session. Absence: null. */
  async change(
    app: string,
    token: TokenRef,
    lead: Lead,
    change: Change,
    now: number,
    origin: Origin,
  ): Promise<UpdateOutcome | null> {
    const { calls, keys, claims, telling } = this.ground;
    const bound = locked(keys, app, lead.id, change.lock);
    const args = [lead.id, packHash(token.hash), change.expect, change.version, ...packMembers(change), ...bound.args];
    const all = [...keys.ofSession(app, lead.id), ...bound.keys];
    const update = (more: More) => {
      const parts = ['update', [...all, ...more.keys], now, [...args, ...more.args]] as const;
      // Of what is told, the event and the change outlive a failover together.
      return more === NOTHING ? calls.call(...parts) : calls.callDurably(...parts);
    };
    const answer = await telling.change(app, partitionOfId(lead.id), { origin }, update);
    if (answer === null) return null;
    if (answer[1] === LOCK_LOST) return { kind: 'lost' };
    const [at, updated, text] = parts(answer, 'number', 'number', 'bytes');
    const visit = unpackVisit(text, app, lead.id, at);
    if (updated === 0) return { kind: 'conflict', ...visit };
    await claims.extend({ session: visit.session, hash: token.hash, now: visit.at }, lead);
    return { kind: 'updated', ...visit, revoked: [] };
  }

  /** Rotates the token of a session. Absence: null. */
  async renew(
    app: string,
    token: TokenRef,
    lead: Lead,
    { credential: { hash, alias }, seed = '', graceUntil, expect, change, lock }: Rotation,
    now: number,
    origin: Origin,
  ): Promise<RotateOutcome | null> {
    const { calls, keys, aliases, claims, telling } = this.ground;
    const before = await this.steps.look(app, lead.id, token.hash, now);
    if (before === null) return null;
    const claimed = { session: before.session, hash, now: before.at };
    const claim = alias ? await claims.claim(claimed) : 'own';
    if (claim === 'taken') return { kind: 'taken' };
    const credential = [
      packHash(hash),
      Number(alias),
      seed,
      graceUntil - now,
      expect ?? '',
      MOST_REPLACED,
      KEPT_REPLACED,
    ];
    const bound = locked(keys, app, lead.id, lock);
    const changes = [change?.version ?? '', ...packMembers(change ?? {})];
    const args = [lead.id, packHash(token.hash), ...credential, ...changes, ...bound.args];
    const all = [...keys.ofSession(app, lead.id), ...bound.keys];
    const rotate = (more: More) => calls.callDurably('rotate', [...all, ...more.keys], now, [...args, ...more.args]);
    const answer = await telling.call(app, [partitionOfId(lead.id)], { origin }, rotate);
    const [at, done] = answer === null ? [now, null] : parts(answer, 'number', 'number');
    if (claim === 'new' && done !== ROTATED) await claims.withdraw(claimed);
    if (answer === null || done === null) return null;
    const kind = REFUSALS[done];
    if (kind !== undefined) return { kind };
    const [, , text, ended, seeds] = parts(answer, 'number', 'number', 'bytes', 'pairs', 'texts');
    const visit = unpackVisit(text, app, lead.id, at);
    if (done === CONFLICT) return { kind: 'conflict', ...visit };
    // As long as the session lasts by now: the change may have made it longer.
    const renewed = { session: visit.session, hash, now: at };
    if (claim === 'new' && done === ROTATED) await claims.settled(renewed);
    else if (alias && change !== undefined) await claims.keep(renewed);
    await aliases.release(app, ended);
    if (done === REPEATED) return { kind: 'repeated', ...visit, seeds };
    return { kind: 'rotated', ...visit, revoked: [] };
  }

  /**
   * Reads a session by its present token. `replaced`: it is one that was replaced, in its grace. It is a rotation to the token
   * that was presented, which changes nothing. Absence: null.
   */
  async lookPresent(app: string, lead: Lead, hash: string, now: number): Promise<Visit | 'replaced' | null> {
    const { calls, keys } = this.ground;
    const raw = packHash(hash);
    const args = [lead.id, raw, raw, 0, '', 0, '', MOST_REPLACED, KEPT_REPLACED, '', ...packMembers({})];
    const answer = await calls.call('rotate', keys.ofSession(app, lead.id), now, args);
    if (answer === null) return null;
    const [at, done] = parts(answer, 'number', 'number');
    if (done !== ROTATED) return 'replaced';
    const [, , text] = parts(answer, 'number', 'number', 'bytes');
    return unpackVisit(text, app, lead.id, at);
  }
}
