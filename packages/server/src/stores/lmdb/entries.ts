/** Sessions of the embedded store as verbs meet them: found by key or token, taken out of the way, and moved. */
import { type EndReason, NOBODY, type Origin } from '../../core/events.ts';
import { isLive } from '../../core/expiry.ts';
import type { Credential, Session } from '../../core/session.ts';
import type { Cap, Refused } from '../../core/store.ts';
import type { StoreEvents } from '../../core/store-events.ts';
import { type Installed, type Replace, type StoredSession, standsAs } from '../../core/stored-session.ts';
import { isReused, opens, type TokenRef } from '../../core/token.ts';
import { surplus } from '../../core/transitions.ts';
import type { AppEnds } from './app-ends.ts';
import type { StoredRecord } from './record.ts';
import type { Tables } from './tables.ts';
import type { Telling } from './telling.ts';
import type { WriteBehind } from './write-behind.ts';

/** A record as this process sees it: with what is pending. */
export interface Entry {
  readonly key: string;
  readonly stored: StoredRecord;
  readonly session: Session;
}

export interface EntriesParts {
  readonly tables: Tables;
  readonly seen: WriteBehind;
  readonly telling: Telling;
  readonly ends: AppEnds;
  readonly onTokenReuse: StoreEvents['onTokenReuse'];
}

export class Entries {
  private readonly tables: Tables;
  private readonly seen: WriteBehind;
  private readonly telling: Telling;
  private readonly ends: AppEnds;
  private readonly onTokenReuse: StoreEvents['onTokenReuse'];

  constructor({ tables, seen, telling, ends, onTokenReuse }: EntriesParts) {
    this.tables = tables;
    this.seen = seen;
    this.telling = telling;
    this.ends = ends;
    this.onTokenReuse = onTokenReuse;
  }

  /**
   * Removes a session, and tells of its end: the one way out, but for what is left of apps (app-ends.ts). What had expired before ended by its
   * deadline, whatever the reason. In a transaction.
   */
  end(key: string, stored: StoredRecord, reason: EndReason, now: number, origin: Origin = NOBODY): void {
    this.tables.remove(stored);
    this.telling.ended(this.seen.current(key, stored), reason, now, origin);
  }

  /** For a key of the home that its app has now. */
  live = (key: string, now: number): Entry | null => {
    const stored = this.tables.recordAt(key);
    if (stored === null) return null;
    const session = this.seen.current(key, stored);
    return isLive(session, now) ? { key, stored, session } : null;
  };

  /** Finds the session of a token: by the id in the token; if it is not there (it moved, or never was), by its alias. */
  open = (app: string, token: TokenRef, now: number): Entry | null => {
    const own = token.id === null ? null : this.live(this.tables.sessionKey(app, token.id), now);
    return (own && this.opened(own, token, now)) ?? this.openByAlias(app, token, now);
  };

  openByAlias(app: string, token: TokenRef, now: number): Entry | null {
    const key = this.tables.keyOfAlias(app, token.hash);
    const entry = key === null ? null : this.live(key, now);
    return entry && this.opened(entry, token, now);
  }

  private opened(entry: Entry, token: TokenRef, now: number): Entry | null {
    if (opens(entry.stored.credential, token, now)) return entry;
    if (isReused(entry.stored.credential, token, now)) this.onTokenReuse?.(entry.session.app, entry.session.id);
    return null;
  }

  /** Frees the id and alias of a session that has expired but was not swept yet, or is left of an app that ended. In a transaction. */
  keyTaken(key: string, now: number): boolean {
    const stored = this.tables.record(key);
    if (stored === null) {
      this.ends.overtake(key);
      return false;
    }
    if (isLive(this.seen.current(key, stored), now)) return true;
    this.end(key, stored, 'idle', now);
    return false;
  }

  aliasTaken(app: string, { hash, alias }: Pick<Credential, 'hash' | 'alias'>, now: number): boolean {
    const owner = alias ? this.tables.keyOfAlias(app, hash) : null;
    if (owner === null || !this.keyTaken(owner, now)) return false;
    // It may be a token that a rotation has replaced. After its grace it belongs to nobody.
    return this.openByAlias(app, { id: null, hash }, now) !== null;
  }

  /** Ends what a cap says. Gives the ids, or the refusal. In a transaction. */
  makeRoom(app: string, subject: string | null, cap: Cap | null, now: number, origin: Origin): string[] | Refused {
    if (cap === null || subject === null) return [];
    const found = this.tables.sessionKeysOf(app, subject).map((key) => this.live(key, now));
    const live = found.filter((entry) => entry !== null);
    const sessions = live.map((entry) => entry.session);
    const ending = surplus(sessions, cap)?.map(({ id }) => id);
    if (ending === undefined) return { kind: 'refused', at: now, sessions };
    for (const { key, stored, session } of live) {
      if (ending.includes(session.id)) this.end(key, stored, 'cap', now, origin);
    }
    return ending;
  }

  /** As SessionStore.install. In a transaction. */
  install({ session, credential }: StoredSession, replace: Replace, now: number): Installed {
    if (!isLive(session, now)) return 'expired';
    const { app, id } = session;
    const key = this.tables.sessionKey(app, id);
    if (typeof replace === 'object') {
      const there = this.live(key, now);
      const stands = there && { session: there.session, credential: there.stored.credential };
      if (!standsAs(stands, replace)) return 'present';
    } else {
      const taken = this.keyTaken(key, now) || this.aliasTaken(app, credential, now);
      if (taken && !replace) return 'present';
      // Nothing has the key or opens by the token, which is how nearly all of an import go: no need to look again.
      if (!taken) return this.installed(key, { session, credential });
    }
    // It goes on as what is given: that is no end.
    const before = this.tables.recordAt(key);
    if (before !== null) this.tables.remove(before);
    const owner = credential.alias ? this.tables.keyOfAlias(app, credential.hash) : null;
    const other = owner === null ? null : this.tables.recordAt(owner);
    if (other !== null && other.credential.hash === credential.hash) {
      this.end(owner!, other, 'replaced', now);
      this.seen.forget(owner!);
    }
    return this.installed(key, { session, credential }, before?.flushes);
  }

  /** What was pending is of the session that was there. The number of flushes goes on: one may be under way. */
  private installed(key: string, { session, credential }: StoredSession, flushes?: number): 'installed' {
    this.seen.forget(key);
    this.tables.insert(session, credential, flushes);
    return 'installed';
  }

  /** Puts a session into the place of another. Gives the ids the cap ended, or why nothing was changed. In a transaction. */
  moveTo(
    { key, stored }: Entry,
    { session, credential }: StoredSession,
    cap: Cap | null,
    now: number,
    origin: Origin,
  ): string[] | Refused | { readonly kind: 'taken' } {
    if (this.keyTaken(this.tables.sessionKey(session.app, session.id), now)) return { kind: 'taken' };
    const revoked = this.makeRoom(session.app, session.subject, cap, now, origin);
    if (!Array.isArray(revoked)) return revoked;
    this.end(key, stored, 'moved', now, origin);
    // What was counted moves along in the record, so nothing is pending under the new key.
    this.tables.insert(session, credential);
    this.telling.rotated(session, stored.session.id, now, origin);
    this.seen.forget(key);
    return revoked;
  }
}
