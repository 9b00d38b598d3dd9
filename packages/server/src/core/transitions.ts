/** What the verbs do to a record: pure steps that the stores which hold whole records share. */
import { touched } from './expiry.ts';
import type { OnLimit } from './policy.ts';
import type { Credential, Session } from './session.ts';
import type { Cap, Change, Move, Rotation } from './store.ts';

/** Gives the session after a change at `now`: changed and touched, but not counted as a read. */
export function applyChange(session: Session, change: Change, now: number): Session {
  const { expect: _expect, move, ...members } = change;
  const changed = { ...touched(session, now, 0), ...members };
  return move === undefined ? changed : moved(changed, move);
}

/** Gives a new session as a store with a clock of its own stored it: begun at `at`. */
export function begunAt(session: Session, at: number): Session {
  const shift = at - session.lastSeenAt;
  if (shift === 0) return session;
  const { createdAt, absoluteExpiresAt: absolute } = session;
  return {
    ...session,
    createdAt: createdAt + shift,
    lastSeenAt: at,
    absoluteExpiresAt: absolute === null ? null : absolute + shift,
  };
}

/** Gives a rotation as a store that acts `shift` milliseconds later does it: its grace begins then. */
export function rotationLater(rotation: Rotation, shift: number): Rotation {
  return shift === 0 ? rotation : { ...rotation, graceUntil: rotation.graceUntil + shift };
}

/** Gives the session under its new subject and id. */
export function moved(session: Session, { id, subject }: Move): Session {
  return { ...session, id, subject };
}

/** Gives the credential of a session that moved and kept its token: from now on its hash leads to it. */
export function kept({ hash }: Pick<Credential, 'hash'>): Credential {
  return { hash, alias: true, previous: null };
}

/**
 * Gives the credential after a rotation: the present one becomes the previous one, for its grace. It is kept after that,
 * too: who presents it then is told apart from who guesses.
 */
export function rotated(credential: Credential, rotation: Rotation): Credential {
  const { hash, alias } = rotation.credential;
  if (rotation.move !== undefined) return { hash, alias, previous: null };
  return { hash, alias, previous: { hash: credential.hash, alias: credential.alias, until: rotation.graceUntil } };
}

/** Gives the cap that a move must meet: at home a session counts already. */
export function capOfMove(session: Session, { subject, cap }: Move): Cap | null {
  return session.subject === subject ? null : cap;
}

/** Gives the sessions that must end so that one more has room under a cap. Absence: null when it refuses to end any. */
export function surplus(live: readonly Session[], cap: Cap | null): Session[] | null {
  const count = cap === null ? 0 : Math.max(0, live.length + 1 - cap.max);
  if (cap === null || count === 0) return [];
  if (cap.onLimit === 'refuse') return null;
  return oldestFirst(live, cap.onLimit).slice(0, count);
}

/** Orders sessions so that those which a cap ends come first. */
function oldestFirst(sessions: readonly Session[], onLimit: OnLimit): Session[] {
  const age = (session: Session) => (onLimit === 'revokeLeastRecentlyUsed' ? session.lastSeenAt : session.createdAt);
  return [...sessions].sort((a, b) => age(a) - age(b) || (a.id < b.id ? -1 : 1));
}
