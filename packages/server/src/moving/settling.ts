/**
 * One session from elsewhere → the store: put in, brought up to date where the other side went on with it, and, when that is asked
 * for, removed there. So an import can be made again while both sides serve, and the second one takes what has changed.
 */
import type { Session } from '../core/session.ts';
import type { SessionStore } from '../core/store.ts';
import { type Installed, isSameSession, type StoredSession } from '../core/stored-session.ts';
import type { Source } from './source.ts';

/** What it asks of a store. */
export type SettlingStore = Pick<SessionStore, 'get' | 'install' | 'revoke'>;

/** `ended`: it was ended where it was, while it was taken; so it is not here either. */
export type Settled = Installed | 'ended';

/** How often a session is taken anew that is used there each time. Then both sides have it. */
const MOST_ATTEMPTS = 20;

/** Puts a session in and, if the source removes, sees it removed there. Errors: those of the store and of the source. */
export async function settleSession(
  record: StoredSession,
  store: SettlingStore,
  source: Pick<Source, 'remove'>,
  clock: () => number,
): Promise<Settled> {
  let outcome = await put(record, store, clock());
  if (source.remove === undefined || outcome === 'expired') return outcome;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const removed = await source.remove(record);
    if (removed === 'removed' || removed === 'kept') break;
    if (removed === 'gone') return outcome === 'present' ? outcome : await ended(record, store, clock());
    record = removed;
    const again = await put(record, store, clock());
    if (again === 'expired') return again;
    // It is here since the first time.
    if (again === 'installed') outcome = again;
  }
  return outcome;
}

/**
 * Puts a session in, also in the place of itself as it was when it was taken before. What happens here between the look and the
 * install is not lost: then it is looked at again, and who went on or ended here stays so.
 */
export async function put(
  record: StoredSession,
  store: Pick<SessionStore, 'get' | 'install'>,
  now: number,
): Promise<Installed> {
  let outcome = await store.install(record, false, now);
  let seen: Session | null = null;
  while (outcome === 'present') {
    const behind = await behindOf(record, store, now);
    // Where it stands as before, it is its token that has another one after it.
    if (behind === null || (seen !== null && isSameSession(seen, behind))) return outcome;
    seen = behind;
    outcome = await store.install(record, { session: behind, credential: record.credential }, now);
  }
  return outcome;
}

/** Gives what is here, if it is the same session, opened by the same token, at an earlier moment of its life. Absence: null. */
async function behindOf({ session, credential }: StoredSession, store: Pick<SessionStore, 'get'>, now: number) {
  const token = { id: credential.alias ? null : session.id, hash: credential.hash };
  const there = await store.get(session.app, token, 'look', now);
  if (there === null || there.session.id !== session.id || !isLater(session, there.session)) return null;
  return there.session;
}

/** Whoever was written, read or seen less on no count, and more on one, is the later one. A session that went on on both sides stays. */
function isLater(a: Session, b: Session): boolean {
  const ahead = [a.version - b.version, a.reads - b.reads, a.lastSeenAt - b.lastSeenAt];
  return ahead.every((difference) => difference >= 0) && ahead.some((difference) => difference > 0);
}

async function ended({ session }: StoredSession, store: Pick<SessionStore, 'revoke'>, now: number): Promise<'ended'> {
  const { app, id } = session;
  await store.revoke(app, { by: 'id', id }, now);
  return 'ended';
}
