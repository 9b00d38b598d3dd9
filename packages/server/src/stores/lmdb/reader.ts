/** A data folder that is only read, beside the servers that use it: whole sessions, for who takes them elsewhere. */
import { idleFor, isLive } from '../../core/expiry.ts';
import { type Clock, decidedBy } from '../../core/instant.ts';
import type { SessionStore, Visit } from '../../core/store.ts';
import type { RecordsPage } from '../../core/stored-session.ts';
import { OpenFailure } from './open-failure.ts';
import { assertPresent } from './own-files.ts';
import { Records } from './records.ts';
import { Tables } from './tables.ts';
import { WriteBehind } from './write-behind.ts';

export class LmdbReader implements Pick<SessionStore, 'apps' | 'records' | 'find' | 'close'> {
  private readonly tables: Tables;
  private readonly whole: Records;
  private readonly decidedAt: (now: number) => number;

  /** Errors: OpenFailure, for a folder or namespace without a store. It makes neither, and changes nothing. */
  constructor(path: string, namespace: string, clock: Clock) {
    assertPresent(path);
    this.tables = new Tables(path, namespace, { readOnly: true });
    const fault = this.fault(path, namespace);
    if (fault !== null) {
      void this.tables.close();
      throw new OpenFailure(fault);
    }
    this.decidedAt = decidedBy(clock);
    // Nothing is ever pending here: what servers have pending is in the file within a second.
    this.whole = new Records(this.tables, new WriteBehind(this.tables, () => {}), this.decidedAt);
  }

  apps(): Promise<string[]> {
    return this.tables.read(() => this.tables.apps().sort());
  }

  records(app: string, cursor: string | null, limit: number, now: number): Promise<RecordsPage> {
    return this.whole.part(app, cursor, limit, now);
  }

  find(app: string, id: string, now: number): Promise<Visit | null> {
    return this.tables.read(() => {
      const at = this.decidedAt(now);
      const session = this.tables.recordAt(this.tables.sessionKey(app, id))?.session;
      return session !== undefined && isLive(session, at) ? { session, at, idle: idleFor(session, at) } : null;
    });
  }

  close(): Promise<void> {
    return this.tables.close();
  }

  private fault(path: string, namespace: string): string | null {
    const { sessions, counts } = this.tables;
    if (sessions === undefined) return `no store under the namespace ${namespace} in ${path}`;
    if (counts.table !== undefined && counts.isMade()) return null;
    return `the store in ${path} is of an earlier version: start a server on it once`;
  }
}
