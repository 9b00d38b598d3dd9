/**
 * The move of a session to another subject, which crosses partitions, and so is not one atomic step. The new session is
 * made first, then the old one ends if it still is what was copied.
 *
 * - An update in between: the old one has another version, so the new one is removed; the copy is made again.
 * - A revoke in between: the old one is gone, so the new one is removed and the answer is null. Nothing comes back.
 * - A crash in between: both exist. The token opens the old one, as before, and the retry moves it. What was made first
 *   opens with no token that anybody has, and ends by its timeout. A retry that draws the same id and token (an
 *   Idempotency-Key) meets it and goes on from there; so that one that is still under way knows, it leaves word, too.
 *
 * A session that keeps its token (`keepingToken`) leaves word where it is as it ends (lua/vacate.lua): until that instant the
 * token opens the old one, from then on the new one. The alias then takes the place of the word. What was made first says of
 * itself that it is a copy, and of what, until then: after a crash in between, nobody would know it from a session whose
 * alias was lost, and an audit would let the token open it, though its user has logged out (audit-partition.ts).
 *
 * What is told: the event of the copy is held in the step that writes it, and let go as the old one ends (telling.ts). So each of
 * the two is told once, however often a move is tried, and of a copy that is taken back nobody hears.
 *
 * A move that carries a lock takes it along; any other one ends the lock with the id. Before the copy is made the lock is looked at, so
 * that one that was lost ends nobody's session by a cap.
 */
import type { Origin } from '../../core/events.ts';
import { expiresAt } from '../../core/expiry.ts';
import type { Change, LockRef, Move, RotateOutcome, Rotation, UpdateOutcome } from '../../core/store.ts';
import type { TokenRef } from '../../core/token.ts';
import { applyChange, capOfMove, kept, moved } from '../../core/transitions.ts';
import { type Lead, timeToLive } from './aliases.ts';
import type { Quotas } from './quotas.ts';
import type { Renewals } from './renewals.ts';
import type { Ground, Steps } from './steps.ts';
import type { About } from './telling.ts';

/** How long word is left at least, should the process end before the alias is set. Units: milliseconds. */
const WORD = 86_400_000;
/** How long word is left for a rotation that is under way at the same time. Units: milliseconds. */
const SHORT_WORD = 60_000;

/** A copy that is taken back. */
const IN_VAIN: About = { reason: 'replaced', unheard: true };

function movedTo(id: string, origin: Origin): About {
  return { reason: 'moved', origin, other: id };
}

export class Moves {
  private readonly ground: Ground;
  private readonly steps: Steps;
  private readonly renewals: Renewals;
  private readonly quotas: Quotas;

  constructor(ground: Ground, steps: Steps, renewals: Renewals, quotas: Quotas) {
    this.ground = ground;
    this.steps = steps;
    this.renewals = renewals;
    this.quotas = quotas;
  }

  /** Moves a session that gets a new token. Absence: null. */
  async withNewToken(
    app: string,
    token: TokenRef,
    lead: Lead,
    { credential, expect, move: target, change, lock }: Rotation & { readonly move: Move },
    now: number,
    origin: Origin,
  ): Promise<RotateOutcome | null> {
    const revoked: string[] = [];
    let met = false;
    const word = { id: target.id, ttl: String(SHORT_WORD), keeps: false };
    const there = () => this.steps.look(app, target.id, credential.hash, now);
    for (;;) {
      // A token that was replaced moves nothing: it must not end sessions of another subject by their cap, either.
      const before = await this.renewals.lookPresent(app, lead, token.hash, now);
      if (before === null) return null;
      if (before === 'replaced') return { kind: 'replaced' };
      const { id, version } = before.session;
      if (expect !== undefined && version !== expect) return { kind: 'conflict', ...before };
      if (!(await this.lockGoes(app, id, target.id, lock, now, true))) return { kind: 'lost' };
      const session =
        change === undefined
          ? moved(before.session, target, before.at)
          : applyChange(before.session, { ...change, expect: version, move: target }, before.at);
      const cap = capOfMove(before.session, target);
      const add = () =>
        this.steps.add(session, { ...credential, previous: [] }, cap, before.at, {
          base: null,
          about: { origin, other: id },
        });
      const made = await this.quotas.move(target, app, now, add);
      if (made.kind === 'refused') return made;
      const twin = made.kind === 'taken' ? await there() : null;
      if (made.kind === 'taken' && twin === null) return made;
      met ||= twin !== null;
      if (twin !== null && twin.session.version < session.version) {
        const older = { id: target.id, hash: credential.hash, version: twin.session.version, about: IN_VAIN };
        await this.steps.end(app, older, now);
        continue;
      }
      if (made.kind === 'created') revoked.push(...made.revoked);
      const old = { id, hash: token.hash, version, lock, about: movedTo(target.id, origin) };
      const { ended, lives } = met
        ? await this.steps.vacate(app, old, word, now)
        : await this.steps.end(app, { ...old, present: true }, now);
      if (ended === 1) {
        await this.ground.telling.arrived(app, target.id, now);
        await this.lockCame(app, target.id, lock, now);
        return { kind: 'rotated', session, at: before.at, idle: before.idle, revoked };
      }
      if (twin === null) {
        if (!lives && (await this.ground.aliases.wordAt(app, id)) === target.id) {
          const present = await there();
          return present && { kind: 'rotated', ...present, revoked };
        }
        // Where it lives on, a twin may have made a later copy by now.
        const made = { id: target.id, hash: credential.hash, about: IN_VAIN };
        await this.steps.end(app, lives ? { ...made, version: session.version } : made, now);
      }
      if (!lives) return null;
    }
  }

  /** Changes and moves a session that keeps its token. Absence: null. */
  async keepingToken(
    app: string,
    token: TokenRef,
    lead: Lead,
    change: Change & { readonly move: Move },
    now: number,
    origin: Origin,
  ): Promise<UpdateOutcome | null> {
    const { aliases, claims, telling } = this.ground;
    // The token before a rotation moves nothing: it must not end sessions of another subject by their cap, either.
    const before = await this.renewals.lookPresent(app, lead, token.hash, now);
    if (before === null || before === 'replaced') return null;
    const { lock } = change;
    if (before.session.version !== change.expect) return { kind: 'conflict', ...before };
    if (!(await this.lockGoes(app, before.session.id, change.move.id, lock, now))) return { kind: 'lost' };
    const session = applyChange(before.session, change, before.at);
    const ttl = timeToLive(Math.max(WORD, expiresAt(session) - before.at));
    await aliases.noteCopy(app, session.id, before.session.id, ttl);
    const cap = capOfMove(before.session, change.move);
    const add = () =>
      this.steps.add(session, kept(token), cap, before.at, {
        base: null,
        claimed: true,
        about: { origin, other: before.session.id },
      });
    const made = await this.quotas.move(change.move, app, now, add);
    if (made.kind !== 'created') {
      await aliases.forgetCopy(app, session.id);
      return made;
    }
    const to = { id: session.id, ttl, keeps: true };
    const about = movedTo(session.id, origin);
    const { ended, lives } = await this.steps.vacate(
      app,
      { id: before.session.id, hash: token.hash, version: change.expect, lock, about },
      to,
      now,
    );
    if (ended === 0) {
      await this.steps.end(app, { id: session.id, about: IN_VAIN }, now);
      await aliases.forgetCopy(app, session.id);
      const present = lives ? await this.steps.look(app, lead.id, token.hash, now) : null;
      return present && { kind: 'conflict', ...present };
    }
    await telling.arrived(app, session.id, now);
    await claims.settle({ session, hash: token.hash, now: before.at }, lead);
    await this.lockCame(app, session.id, lock, now);
    return { kind: 'updated', session, at: before.at, idle: before.idle, revoked: made.revoked };
  }

  /**
   * Sets the lock of a session under the id that it is about to have. So it is there before anybody can ask for it. What follows looks
   * once more, in the step that ends the old one. False: it does not hold. `alone`: as Locks.goAhead has it.
   */
  private async lockGoes(app: string, from: string, to: string, lock: LockRef | undefined, now: number, alone = false) {
    const { locks, keys } = this.ground;
    return lock === undefined || locks.goAhead(app, keys.lock(app, from), to, lock, now, alone);
  }

  private async lockCame(app: string, id: string, lock: LockRef | undefined, now: number): Promise<void> {
    const { locks, keys } = this.ground;
    if (lock?.release === true) await locks.leave(keys.lock(app, id), lock.hash, now);
  }
}
