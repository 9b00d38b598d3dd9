/** Changes of a session that is there: an update, a rotation, and the move of either to another subject. All in transactions. */
import type { Origin } from '../../core/events.ts';
import { idleFor } from '../../core/expiry.ts';
import type { LockTable } from '../../core/lock-table.ts';
import type { Session } from '../../core/session.ts';
import type { Change, RotateOutcome, Rotation, UpdateOutcome } from '../../core/store.ts';
import type { TokenRef } from '../../core/token.ts';
import { applyChange, capOfMove, isMeant, kept, moved, stepOf } from '../../core/transitions.ts';
import type { Entries } from './entries.ts';
import type { Tables } from './tables.ts';
import type { Telling } from './telling.ts';
import type { WriteBehind } from './write-behind.ts';

const LOST = { kind: 'lost' } as const;

export interface ChangesParts {
  readonly tables: Tables;
  readonly seen: WriteBehind;
  readonly entries: Entries;
  readonly locks: LockTable;
  readonly telling: Telling;
}

export class Changes {
  private readonly parts: ChangesParts;

  constructor(parts: ChangesParts) {
    this.parts = parts;
  }

  /** As SessionStore.update. */
  update(app: string, token: TokenRef, change: Change, now: number, origin: Origin): UpdateOutcome | null {
    const { tables, seen, entries, locks, telling } = this.parts;
    const entry = entries.open(app, token, now);
    const { move, lock } = change;
    if (entry === null || (move !== undefined && entry.stored.credential.hash !== token.hash)) return null;
    const { key, stored } = entry;
    const idle = idleFor(entry.session, now);
    if (!isMeant(entry.session, change)) return { kind: 'conflict', session: entry.session, at: now, idle };
    const { id } = entry.session;
    if (!locks.allows(app, id, lock, now)) return LOST;
    const session = applyChange(entry.session, change, now);
    if (move === undefined) {
      // Pending reads stay pending: the flush adds them. If they were added here, too, they would be counted twice.
      const next = applyChange(stored.session, change, Math.max(now, entry.session.lastSeenAt));
      if (tables.replace(stored, next)) seen.fallBehind(key);
      telling.updated(session, now, origin);
      locks.done(app, lock, id, id, now);
      return { kind: 'updated', session, at: now, idle, revoked: [] };
    }
    const credential = kept(stored.credential);
    const revoked = entries.moveTo(entry, { session, credential }, capOfMove(stored.session, move), now, origin);
    if (!Array.isArray(revoked)) return revoked;
    locks.done(app, lock, id, session.id, now);
    return { kind: 'updated', session, at: now, idle, revoked };
  }

  /** As SessionStore.rotate. */
  rotate(app: string, token: TokenRef, rotation: Rotation, now: number, origin: Origin): RotateOutcome | null {
    const { tables, seen, entries, locks, telling } = this.parts;
    const entry = entries.open(app, token, now);
    if (entry === null) return null;
    const { stored, session: before } = entry;
    const { of, move, change, lock, expect = before.version } = rotation;
    const idle = idleFor(before, now);
    if (!isMeant(before, { of, expect })) return { kind: 'conflict', session: before, at: now, idle };
    if (!locks.allows(app, before.id, lock, now)) return LOST;
    const step = stepOf(stored.credential, token.hash, rotation, now);
    if (step.kind === 'replaced' || step.kind === 'crowded') return { kind: step.kind };
    if (step.kind === 'done') {
      locks.done(app, lock, before.id, before.id, now);
      return { kind: 'rotated', session: before, at: now, idle, revoked: [] };
    }
    const changed = (session: Session, at: number) => {
      if (change === undefined) return moved(session, move, at);
      return applyChange(session, { ...change, expect, ...(move && { move }) }, at);
    };
    const session = changed(before, now);
    const visit = { session, at: now, idle };
    if (step.kind === 'rotates') {
      const { credential } = step;
      if (entries.aliasTaken(app, rotation.credential, now)) return { kind: 'taken' };
      if (move !== undefined) {
        const revoked = entries.moveTo(entry, { session, credential }, capOfMove(before, move), now, origin);
        if (!Array.isArray(revoked)) return revoked;
        locks.done(app, lock, before.id, session.id, now, true);
        return { kind: 'rotated', ...visit, revoked };
      }
      if (rotation.credential.alias) locks.carry(app, rotation.credential.hash, before.id, now);
    }
    locks.done(app, lock, before.id, before.id, now);
    // Pending reads stay pending: they are added by the flush, not here, or they would count twice.
    const next = changed(stored.session, Math.max(now, before.lastSeenAt));
    if (step.kind === 'rotates') {
      tables.reenter(stored, next, step.credential);
      telling.rotated(session, null, now, origin);
    } else if (change !== undefined && tables.replace(stored, next)) seen.fallBehind(entry.key);
    if (change !== undefined) telling.updated(session, now, origin);
    return step.kind === 'follows'
      ? { kind: 'repeated', ...visit, seeds: step.seeds }
      : { kind: 'rotated', ...visit, revoked: [] };
  }
}
