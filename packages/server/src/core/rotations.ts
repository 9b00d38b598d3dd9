/**
 * Rotations: a new token for a session, and with a subject the login that binds it to a user. What is decided here is who
 * gets which token; that it changes hands in one step is the store's.
 */
import { ServiceError } from './errors.ts';
import { type Claim, Idempotency, type Repeatable } from './idempotency.ts';
import type { PolicySource } from './policy.ts';
import { capOf, checkVersion, type Expect, limitReached } from './rules.ts';
import type { Session } from './session.ts';
import type { SessionStore, Visit } from './store.ts';
import { newSessionId, newToken, parseToken } from './token.ts';
import type { AppName, Subject } from './validate.ts';

export interface RotateRequest {
  /** Chosen by the caller, and checked. Absence: undefined when one is to be made. */
  readonly token?: string | undefined;
  /** Absence: undefined when it stays. */
  readonly subject?: Subject | null | undefined;
  /** How long the old token still reads. Units: milliseconds. Absence: undefined for what the policy says. */
  readonly grace?: number | undefined;
  readonly expect?: Expect | undefined;
}

export interface Rotated extends Visit {
  /** The only time the token is shown. */
  readonly token: string;
  /** Ids of the sessions that the cap of a new subject ended. */
  readonly revoked: readonly string[];
  /** The same request was done before; this is what it made. */
  readonly repeated: boolean;
}

export class Rotations {
  private readonly store: SessionStore;
  private readonly policy: PolicySource;
  private readonly idempotency: Idempotency;

  constructor(store: SessionStore, policy: PolicySource) {
    this.store = store;
    this.policy = policy;
    this.idempotency = new Idempotency(store);
  }

  /**
   * Rotates the token of a session. With another subject the session moves there under a new id, and the old token ends
   * at once. Sent again with the same key, it gives the same token, also when the old one opens nothing any more.
   * Absence: null. Errors: `version_mismatch`, `token_taken`, `session_limit_reached`, `idempotency_key_reused`.
   */
  async rotate(app: AppName, token: string, request: RotateRequest, now: number, repeatable?: Repeatable) {
    if (repeatable === undefined) return this.once(app, token, request, now, undefined);
    const before = await this.store.get(app, parseToken(token), 'look', now);
    if (before === null) {
      const earlier = await this.idempotency.earlier(app, repeatable, now);
      return earlier && this.again(app, request, earlier, now);
    }
    const id = isMove(before.session, request.subject) ? '' : before.session.id;
    const claim = await this.idempotency.claim(app, repeatable, id, now);
    // A move may have failed half-way, both there: then the store finishes it.
    const made = claim.repeated && claim.id !== '' ? await this.again(app, request, claim, now) : null;
    const rotated = made ?? (await this.once(app, token, request, now, claim));
    if (rotated !== null) await claim.finish(rotated.revoked);
    return rotated;
  }

  private async once(app: AppName, token: string, request: RotateRequest, now: number, claim: Claim | undefined) {
    const policy = this.policy(app);
    const { subject, grace = policy.rotationGrace, expect } = request;
    for (;;) {
      const before = await this.store.get(app, parseToken(token), 'look', now);
      if (before === null) return claim === undefined ? null : this.again(app, request, claim, now);
      checkVersion(before.session, expect);
      const moves = isMove(before.session, subject);
      const id = moves ? newSessionId(subject, claim?.draw('id')) : before.session.id;
      const { credential, token: next } = tokenFor(id, request, claim);
      const rotation = {
        credential,
        graceUntil: now + grace,
        ...(expect !== undefined && { expect: before.session.version }),
        ...(moves && { move: { id, subject, cap: capOf(policy), counted: policy.maxSessions !== null } }),
      };
      const outcome = await this.store.rotate(app, parseToken(token), rotation, now);
      if (outcome === null || outcome.kind === 'conflict') continue;
      if (outcome.kind === 'rotated') return { ...outcome, token: next, repeated: false } satisfies Rotated;
      if (outcome.kind === 'refused') throw limitReached(outcome);
      // Taken: the caller's token, or an id. What is drawn with a key is there because the same request made it: before, or
      // at the same time, though this one had the key first.
      const made = claim === undefined ? null : await this.again(app, request, claim, now);
      if (made !== null) return made;
      if (request.token !== undefined) throw tokenTaken();
      if (claim !== undefined) return null;
    }
  }

  /** Gives what a claim's rotation made before. Absence: null when it did not, or what it made has ended. */
  private async again(app: AppName, request: RotateRequest, claim: Claim, now: number): Promise<Rotated | null> {
    const id = claim.id === '' ? newSessionId(request.subject ?? null, claim.draw('id')) : claim.id;
    const { token } = tokenFor(id, request, claim);
    const visit = await this.store.get(app, parseToken(token), 'look', now);
    // A token that the caller chose may open a session that was not made here.
    if (request.token !== undefined && visit?.session.id !== id) return null;
    return visit && { ...visit, token, revoked: claim.revoked ?? [], repeated: true };
  }
}

function isMove(session: Session, subject: Subject | null | undefined): subject is Subject | null {
  return subject !== undefined && subject !== session.subject;
}

function tokenFor(id: string, { token }: RotateRequest, claim: Claim | undefined) {
  if (token === undefined) return newToken(id, 'standard', claim?.draw('token'));
  return { token, credential: { hash: parseToken(token).hash, alias: true } };
}

function tokenTaken(): ServiceError {
  return new ServiceError('token_taken', 'the token opens a session already', { field: 'token' });
}
