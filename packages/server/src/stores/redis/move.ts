/**
 * The move of a session to another subject: a rotation that crosses partitions, and so the one verb on a session that
 * is not one atomic step. The new session is made first, then the old one ends if it still is what was copied.
 *
 * - An update in between: the old one has another version, so the new one is removed and the copy is made again.
 * - A revoke in between: the old one is gone, so the new one is removed and the answer is null. Nothing comes back.
 * - A crash in between: both exist. Nobody was given the new token; the old one still works, and the retry moves it.
 *   What was made first ends by its timeout.
 */
import type { Credential, Session } from '../../core/session.ts';
import type { CreateOutcome, RotateOutcome, Rotation, SessionStore, Visit } from '../../core/store.ts';
import type { TokenRef } from '../../core/token.ts';
import { moved } from '../../core/transitions.ts';

interface Mover extends Pick<SessionStore, 'get' | 'revoke'> {
  add(session: Session, credential: Credential, cap: null, now: number, base: null): Promise<CreateOutcome>;
  end(
    app: string,
    id: string,
    hash: string,
    version: number | '',
    now: number,
  ): Promise<{ ended: number; lives: boolean }>;
}

export async function move(
  store: Mover,
  app: string,
  token: TokenRef,
  { credential, move: target }: Rotation & Required<Pick<Rotation, 'move'>>,
  now: number,
): Promise<RotateOutcome | null> {
  for (;;) {
    const before: Visit | null = await store.get(app, token, false, now);
    if (before === null) return null;
    const session = moved(before.session, target);
    const made = await store.add(session, { ...credential, previous: null }, null, now, null);
    if (made.kind !== 'created') return { kind: 'taken' };
    const { ended, lives } = await store.end(app, before.session.id, token.hash, before.session.version, now);
    if (ended === 1) return { kind: 'rotated', session, at: before.at, idle: before.idle };
    await store.revoke(app, { by: 'id', id: target.id }, now);
    if (!lives) return null;
  }
}
