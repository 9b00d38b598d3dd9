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
 * A session that keeps its token (`keepToken`) leaves word where it is as it ends (lua/vacate.lua): until that instant the
 * token opens the old one, from then on the new one. The alias then takes the place of the word. What was made first says of
 * itself that it is a copy, and of what, until then: after a crash in between, nobody would know it from a session whose
 * alias was lost, and an audit would let the token open it, though its user has logged out (audit-partition.ts).
 */
import { expiresAt } from '../../core/expiry.ts';
import type { Credential, Session } from '../../core/session.ts';
import type {
  Cap,
  Change,
  CreateOutcome,
  Move,
  RotateOutcome,
  Rotation,
  UpdateOutcome,
  Visit,
} from '../../core/store.ts';
import type { TokenRef } from '../../core/token.ts';
import { applyChange, capOfMove, kept, moved } from '../../core/transitions.ts';
import { type Aliases, type Lead, type Opens, timeToLive } from './aliases.ts';
import type { Ending } from './ending.ts';
import type { Quotas } from './quotas.ts';
import type { Renewals } from './renewals.ts';

/** How long word is left at least, should the process end before the alias is set. Units: milliseconds. */
const WORD = 86_400_000;
/** How long word is left for a rotation that is under way at the same time. Units: milliseconds. */
const SHORT_WORD = 60_000;

/** The steps that the store has. `end`: without a hash by id, without a version at any. `claimed`: the alias of the credential needs no claim. */
interface Mover {
  readonly aliases: Aliases;
  readonly renewals: Renewals;
  readonly quotas: Quotas;
  opensAt(app: string, now: number): Opens;
  look(app: string, lead: Lead, hash: string, now: number): Promise<Visit | null>;
  add(
    session: Session,
    credential: Credential,
    cap: Cap | null,
    now: number,
    how: { base: null; claimed: boolean },
  ): Promise<CreateOutcome>;
  end(app: string, id: string, hash: string, version: number | '', now: number, present?: boolean): Promise<Ending>;
  vacate(
    app: string,
    id: string,
    hash: string,
    version: number,
    now: number,
    to: { id: string; ttl: string; keeps: boolean },
  ): Promise<Ending>;
}

/** Moves a session that gets a new token. Absence: null. */
export async function move(
  store: Mover,
  app: string,
  token: TokenRef,
  lead: Lead,
  { credential, expect, move: target, change }: Rotation & { readonly move: Move },
  now: number,
): Promise<RotateOutcome | null> {
  const revoked: string[] = [];
  let met = false;
  const there = () => store.look(app, { id: target.id, alias: null }, credential.hash, now);
  for (;;) {
    // A token that was replaced moves nothing: it must not end sessions of another subject by their cap, either.
    const before = await store.renewals.lookPresent(app, lead, token.hash, now);
    if (before === null) return null;
    if (before === 'replaced') return { kind: 'replaced' };
    const { id, version } = before.session;
    if (expect !== undefined && version !== expect) return { kind: 'conflict', ...before };
    const session =
      change === undefined
        ? moved(before.session, target, before.at)
        : applyChange(before.session, { ...change, expect: version, move: target }, before.at);
    const how = { base: null, claimed: false } as const;
    const cap = capOfMove(before.session, target);
    const add = () => store.add(session, { ...credential, previous: [] }, cap, before.at, how);
    const made = await store.quotas.move(target, app, now, add);
    if (made.kind === 'refused') return made;
    const twin = made.kind === 'taken' ? await there() : null;
    if (made.kind === 'taken' && twin === null) return made;
    met ||= twin !== null;
    if (twin !== null && twin.session.version < session.version) {
      await store.end(app, target.id, credential.hash, twin.session.version, now);
      continue;
    }
    if (made.kind === 'created') revoked.push(...made.revoked);
    const { ended, lives } = met
      ? await store.vacate(app, id, token.hash, version, now, { id: target.id, ttl: String(SHORT_WORD), keeps: false })
      : await store.end(app, id, token.hash, version, now, true);
    if (ended === 1) return { kind: 'rotated', session, at: before.at, idle: before.idle, revoked };
    if (twin === null) {
      if (!lives && (await store.aliases.wordAt(app, id)) === target.id) {
        const present = await there();
        return present && { kind: 'rotated', ...present, revoked };
      }
      // Where it lives on, a twin may have made a later copy by now.
      await store.end(app, target.id, credential.hash, lives ? session.version : '', now);
    }
    if (!lives) return null;
  }
}

/** Changes and moves a session that keeps its token. Absence: null. */
export async function keepToken(
  store: Mover,
  app: string,
  token: TokenRef,
  lead: Lead,
  change: Change & { readonly move: Move },
  now: number,
): Promise<UpdateOutcome | null> {
  // The token before a rotation moves nothing: it must not end sessions of another subject by their cap, either.
  const before = await store.renewals.lookPresent(app, lead, token.hash, now);
  if (before === null || before === 'replaced') return null;
  if (before.session.version !== change.expect) return { kind: 'conflict', ...before };
  const session = applyChange(before.session, change, before.at);
  const how = { base: null, claimed: true } as const;
  const ttl = timeToLive(Math.max(WORD, expiresAt(session) - before.at));
  await store.aliases.noteCopy(app, session.id, before.session.id, ttl);
  const cap = capOfMove(before.session, change.move);
  const add = () => store.add(session, kept(token), cap, before.at, how);
  const made = await store.quotas.move(change.move, app, now, add);
  if (made.kind !== 'created') {
    await store.aliases.forgetCopy(app, session.id);
    return made;
  }
  const to = { id: session.id, ttl, keeps: true };
  const { ended, lives } = await store.vacate(app, before.session.id, token.hash, change.expect, now, to);
  if (ended === 0) {
    await store.end(app, session.id, '', '', now);
    await store.aliases.forgetCopy(app, session.id);
    const present = lives ? await store.look(app, lead, token.hash, now) : null;
    return present && { kind: 'conflict', ...present };
  }
  await store.aliases.settle(app, token.hash, lead, session, before.at, store.opensAt(app, now));
  return { kind: 'updated', session, at: before.at, idle: before.idle, revoked: made.revoked };
}
