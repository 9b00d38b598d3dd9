/** The sessions in memory as verbs find them, make room for them and take them out of the way; each end is told by the journal. */
import { type EndReason, NOBODY, type Origin } from '../../core/events.ts';
import type { Credential } from '../../core/session.ts';
import type { Cap, Refused } from '../../core/store.ts';
import { opens } from '../../core/token.ts';
import { surplus } from '../../core/transitions.ts';
import { type AppSessions, type Entry, enter, leave, live, ofSubject } from './app-sessions.ts';
import type { MemoryJournal } from './memory-journal.ts';

export class Entries {
  readonly byApp = new Map<string, AppSessions>();
  private readonly journal: MemoryJournal;

  constructor(journal: MemoryJournal) {
    this.journal = journal;
  }

  /** Frees the id and alias of a session that has expired but was not swept yet. */
  idTaken(app: AppSessions, id: string, now: number): boolean {
    if (live(app, id, now) !== null) return true;
    this.end(app, id, 'idle', now);
    return false;
  }

  aliasTaken(app: AppSessions, { hash, alias }: Pick<Credential, 'hash' | 'alias'>, now: number): boolean {
    const owner = alias ? app.aliases.get(hash) : undefined;
    if (owner === undefined || !this.idTaken(app, owner, now)) return false;
    // It may be a token that a rotation has replaced. After its grace it belongs to nobody.
    return opens(app.byId.get(owner)!.credential, { id: null, hash }, now);
  }

  /** Ends what a cap says. Gives the ids, or the refusal. */
  makeRoom(app: AppSessions, subject: string | null, cap: Cap | null, now: number, origin: Origin): string[] | Refused {
    const live = subject === null ? [] : ofSubject(app, subject, now);
    const ending = surplus(live, subject === null ? null : cap);
    if (ending === null) return { kind: 'refused', at: now, sessions: live };
    for (const { id } of ending) this.end(app, id, 'cap', now, origin);
    return ending.map(({ id }) => id);
  }

  /** Puts one entry into the place of another. Gives the ids that the cap ended, or why nothing was changed. */
  moveTo(app: AppSessions, old: Entry, next: Entry, cap: Cap | null, now: number, origin: Origin) {
    const isMove = old.session.id !== next.session.id;
    if (isMove && this.idTaken(app, next.session.id, now)) return { kind: 'taken' } as const;
    const revoked = isMove ? this.makeRoom(app, next.session.subject, cap, now, origin) : [];
    if (!Array.isArray(revoked)) return revoked;
    if (isMove) this.end(app, old.session.id, 'moved', now, origin);
    else this.remove(app, old.session.id);
    this.add(app, next);
    if (isMove) this.journal.rotated(next.session, old.session.id, now, origin);
    return revoked;
  }

  add(app: AppSessions, entry: Entry): void {
    this.byApp.set(entry.session.app, app);
    enter(app, entry);
  }

  /** Removes a session and tells so. What had expired before, ended by its deadline. Without a session: nothing. */
  end(app: AppSessions, id: string, reason: EndReason, now: number, origin: Origin = NOBODY): void {
    const session = app.byId.get(id)?.session;
    if (session === undefined) return;
    this.remove(app, id);
    this.journal.ended(session, reason, now, origin);
  }

  remove(app: AppSessions, id: string): void {
    const session = leave(app, id);
    if (session !== null && app.byId.size === 0) this.byApp.delete(session.app);
  }
}
