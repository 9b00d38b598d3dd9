/** What the verbs do to a record: pure steps that the stores which hold whole records share. */
import { touched } from './expiry.ts';
import type { OnLimit } from './policy.ts';
import type { Credential, Session } from './session.ts';
import type { Change, Rotation } from './store.ts';

/** Gives the session after a change at `now`: changed and touched, but not counted as a read. */
export function applyChange(session: Session, change: Change, now: number): Session {
  const { expect: _expect, ...members } = change;
  return { ...touched(session, now, 0), ...members };
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

/** Gives the session under its new subject and id. */
export function moved(session: Session, move: { readonly id: string; readonly subject: string }): Session {
  return { ...session, id: move.id, subject: move.subject };
}

/** Gives the credential after a rotation: the present one becomes the previous one, for its grace. */
export function rotated(credential: Credential, rotation: Rotation, now: number): Credential {
  const { hash, alias } = rotation.credential;
  if (rotation.move !== undefined || rotation.graceUntil <= now) return { hash, alias, previous: null };
  return { hash, alias, previous: { hash: credential.hash, alias: credential.alias, until: rotation.graceUntil } };
}

/** Orders sessions so that those which a cap ends come first. */
export function oldestFirst(sessions: readonly Session[], onLimit: OnLimit): Session[] {
  const age = (session: Session) => (onLimit === 'revokeLeastRecentlyUsed' ? session.lastSeenAt : session.createdAt);
  return [...sessions].sort((a, b) => age(a) - age(b) || (a.id < b.id ? -1 : 1));
}
