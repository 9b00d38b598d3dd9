/**
 * Rotations: a new token for a session, and with a subject the login that binds it to a user. This file decides who gets
 * which token. The store sees to it that the token changes in one step.
 *
 * One token has one successor: it is drawn from the old token and a seed that the store keeps beside it. So two pages that
 * rotate one token at the same time, on whichever process, get the same new one, and neither logs the other out. Rejected:
 * to give each page a token of its own, because the store would have to keep as many tokens as are asked for.
 */
import { ServiceError } from './errors.ts';
import type { Origin } from './events.ts';
import { type Claim, Idempotency, type Repeatable } from './idempotency.ts';
import { LostRaces } from './lost-races.ts';
import type { PolicySource } from './policy.ts';
import {
  asLogin,
  capOf,
  checkMembers,
  checkVersion,
  type Expect,
  endsAtOnce,
  limitReached,
  lockLost,
  tokenReplaced,
} from './rules.ts';
import type { Session } from './session.ts';
import type { LockRef, Members, RotateOutcome, Rotation, SessionStore, Visit } from './store.ts';
import { newSeed, newSessionId, newToken, parseToken, successorOf, type TokenRef } from './token.ts';
import { MOST_REPLACED } from './transitions.ts';
import type { AppName, Subject } from './validate.ts';

export interface RotateRequest {
  /** Chosen by the caller, and checked. Absence: undefined when one is to be made. */
  readonly token?: string | undefined;
  /** Absence: undefined when it stays. */
  readonly subject?: Subject | null | undefined;
  /** How long the old token still reads. Units: milliseconds. Absence: undefined for what the policy says. */
  readonly grace?: number | undefined;
  readonly expect?: Expect | undefined;
  readonly lock?: LockRef | undefined;
  /** What else is to change. May be asked again on a newer session. Absence: undefined for nothing. */
  readonly edit?: ((session: Session) => Members) | undefined;
  readonly origin?: Origin;
}

export interface Rotated extends Visit {
  /** The only time the token is shown. */
  readonly token: string;
  /** Ids of the sessions that the cap of a new subject ended. */
  readonly revoked: readonly string[];
  /** The same request was done before; this is what it made. */
  readonly repeated: boolean;
}

/** What the token is drawn from, when it is not what this request would have drawn it from. */
type Done = Rotated & { readonly seeds?: readonly string[] };

export class Rotations {
  private readonly store: SessionStore;
  private readonly policy: PolicySource;
  private readonly idempotency: Idempotency;
  private readonly races: LostRaces;

  constructor(store: SessionStore, policy: PolicySource) {
    this.store = store;
    this.policy = policy;
    this.idempotency = new Idempotency(store);
    this.races = new LostRaces(store);
  }

  /**
   * Rotates the token of a session, and changes what is asked for. With another subject the session moves there under a new id,
   * its absolute timeout starts anew and the old token ends at once. Sent again with the same key, it gives the same token, also
   * when the old one opens nothing any more. Absence: null. Errors: `version_mismatch`, `token_taken`, `token_replaced`,
   * `rotation_limit_reached`, `session_limit_reached`, `lock_lost`, `idempotency_key_reused`, and of `checkMembers`.
   */
  async rotate(
    app: AppName,
    token: string,
    request: RotateRequest,
    now: number,
    repeatable?: Repeatable,
  ): Promise<Rotated | null> {
    if (repeatable === undefined) return this.once(app, token, request, now, null);
    const before = await this.store.get(app, parseToken(token), 'look', now);
    if (before === null) {
      const earlier = await this.idempotency.earlier(app, repeatable, now);
      return this.lost(app, token, request, earlier, now);
    }
    const id = isMove(before.session, request.subject) ? '' : before.session.id;
    const claim = await this.idempotency.claim(app, repeatable, id, now);
    // A move may have failed half-way and left both sessions. Then the store finishes it.
    const made = claim.repeated && claim.id !== '' ? await this.again(app, token, request, claim, now) : null;
    const rotated: Done | null = made ?? (await this.once(app, token, request, now, claim));
    if (rotated !== null) await claim.finish(rotated.revoked, rotated.seeds);
    return rotated;
  }

  private async once(
    app: AppName,
    token: string,
    request: RotateRequest,
    now: number,
    claim: Claim | null,
  ): Promise<Done | null> {
    const seed = request.token === undefined ? (claim?.seeds[0] ?? newSeed()) : null;
    for (;;) {
      const before = await this.store.get(app, parseToken(token), 'look', now);
      if (before === null) return this.lost(app, token, request, claim, now);
      const { rotation, next } = this.plan(before.session, token, request, { seed, claim, now });
      const outcome = await this.attempt(app, parseToken(token), rotation, now, request.origin);
      switch (outcome?.kind) {
        case undefined:
        case 'conflict':
          continue;
        case 'rotated':
          return { ...outcome, token: next, repeated: false };
        case 'repeated': {
          const { seeds, ...visit } = outcome;
          return { ...visit, token: drawn(token, seeds, visit.session.id), seeds, revoked: [], repeated: false };
        }
        case 'replaced':
          throw tokenReplaced('it gets no other token or subject than it got then');
        case 'crowded':
          throw crowded();
        case 'refused':
          throw limitReached(outcome);
        case 'lost':
          throw lockLost();
        case 'taken': {
          // The caller's token, or an id. What is drawn with a key is there because the same request made it: before, or
          // at the same time, though this one had the key first.
          const made = claim && (await this.again(app, token, request, claim, now));
          if (made !== null) return made;
          if (request.token !== undefined) throw tokenTaken();
          if (claim !== null) return null;
        }
      }
    }
  }

  /** Asks the store for a rotation, and leaves a note of one that gives its token no grace. */
  private async attempt(
    app: AppName,
    token: TokenRef,
    rotation: Rotation,
    now: number,
    origin: Origin | undefined,
  ): Promise<RotateOutcome | null> {
    const noGrace = rotation.move !== undefined || rotation.graceUntil <= now;
    const note = noGrace ? await this.races.note(app, token, now) : null;
    const outcome = await this.store.rotate(app, token, rotation, now, origin);
    // If the token opens nothing any more, another rotation was faster, whose note then stays, or the session has ended.
    if (note !== null && outcome?.kind !== 'rotated') await this.races.takeBack(note, now);
    return outcome;
  }

  /** What a rotation gives whose token opens nothing. Absence: null. Errors: `token_replaced` when another one was faster. */
  private async lost(app: AppName, token: string, request: RotateRequest, claim: Claim | null, now: number) {
    const made = claim && (await this.again(app, token, request, claim, now));
    if (made === null && (await this.races.isLost(app, parseToken(token), now))) {
      throw tokenReplaced('another request was faster, and left it no grace');
    }
    return made;
  }

  /** Gives what an earlier request with the same key made. Absence: null when there was none, or when it has ended. */
  private async again(
    app: AppName,
    token: string,
    request: RotateRequest,
    claim: Claim,
    now: number,
  ): Promise<Rotated | null> {
    const id = claim.id === '' ? newSessionId(request.subject ?? null, claim.draw('id')) : claim.id;
    for (const made of tokensOf(token, request, claim, id)) {
      const visit = await this.store.get(app, parseToken(made), 'look', now);
      // A token that the caller chose may open a session that was not made here.
      const isOurs = request.token === undefined || visit?.session.id === id;
      if (visit !== null && isOurs) return { ...visit, token: made, revoked: claim.revoked ?? [], repeated: true };
    }
    return null;
  }

  /** Gives what the store is to do to a session, and the token that then opens it. Errors: `version_mismatch`, of `checkMembers`. */
  private plan(
    session: Session,
    token: string,
    request: RotateRequest,
    { seed, claim, now }: { readonly seed: string | null; readonly claim: Claim | null; readonly now: number },
  ): { rotation: Rotation; next: string } {
    const policy = this.policy(session.app);
    const { subject, grace = policy.rotationGrace, expect, edit, lock } = request;
    checkVersion(session, expect);
    const moves = isMove(session, subject);
    // Another subject is a change by itself.
    const asked = edit?.(session) ?? (moves ? {} : undefined);
    const members = moves && subject !== null ? asLogin(session, asked ?? {}, policy) : asked;
    if (members !== undefined) checkMembers(session, members, policy);
    const { version } = session;
    const id = moves ? newSessionId(subject, claim?.draw('id')) : session.id;
    const next = request.token ?? drawn(token, [seed!], id);
    const cap = members !== undefined && endsAtOnce(members) ? null : capOf(policy);
    const rotation: Rotation = {
      // The new token names its session, which another request may just be moving.
      of: session.id,
      credential: { hash: parseToken(next).hash, alias: request.token !== undefined },
      ...(seed !== null && { seed }),
      graceUntil: now + grace,
      ...((expect !== undefined || members !== undefined) && { expect: version }),
      ...(lock && { lock }),
      ...(moves && { move: { id, subject, cap, counted: policy.maxSessions !== null } }),
      ...(members !== undefined && { change: { ...members, version: version + 1 } }),
    };
    return { rotation, next };
  }
}

function isMove(session: Session, subject: Subject | null | undefined): subject is Subject | null {
  return subject !== undefined && subject !== session.subject;
}

/** Gives the tokens one of which an earlier request with the same key gave. */
function tokensOf(token: string, request: RotateRequest, { seeds, draw }: Claim, id: string): string[] {
  if (request.token !== undefined) return [request.token];
  // Servers that wrote records of form 1 drew it from the key, and may have been stopped before their answer was there.
  return [drawn(token, seeds, id), newToken(id, 'standard', draw('token')).token];
}

/** Gives the token that follows a token when it is drawn from the seeds, one after the other. */
function drawn(token: string, seeds: readonly string[], id: string): string {
  return seeds.reduce((last, seed) => successorOf(last, seed, id), token);
}

function tokenTaken(): ServiceError {
  return new ServiceError('token_taken', 'the token opens a session already', { field: 'token' });
}

function crowded(): ServiceError {
  const message = `${MOST_REPLACED} tokens that rotations of the session replaced are in their grace: no more can be kept`;
  return new ServiceError('rotation_limit_reached', message);
}
