/**
 * The tables of the embedded store (and more of memos.ts and journal-tables.ts). A record and its index entries are only ever written
 * here, together, so they cannot disagree.
 */
import type { Database, Transaction } from 'lmdb';
import { expiresAt, isLive } from '../../core/expiry.ts';
import type { Credential, Session } from '../../core/session.ts';
import { Counts, type SubjectsTable } from './counts.ts';
import { Environment, type EnvironmentOptions } from './environment.ts';
import { rewriteFirstRecords } from './first-records.ts';
import { Format } from './format.ts';
import { Homes } from './homes.ts';
import { JournalTables } from './journal-tables.ts';
import { activityKey, aliasKey, appOf, dueKey, homeOf, idOf, sessionKey, subjectPrefix, under } from './keys.ts';
import { Memos } from './memos.ts';
import { openFailure } from './open-failure.ts';
import { packRecord, recountPacked, type StoredRecord, timesOf, unpackRecord } from './record.ts';

export type ActivityEntry = readonly [subject: string | null, expiresAt: number | null];

/** The types of lmdb-js do not know the second argument. */
interface BytesTable extends Database<Buffer, string> {
  getBinary(key: string, options?: { transaction: Transaction } | undefined): Buffer | undefined;
  getBinaryFast(key: string, options?: { transaction: Transaction } | undefined): FastBuffer | undefined;
}

/** `isGlobal`: it is a buffer that lmdb-js uses again for the next look-up. */
type FastBuffer = Buffer & { readonly isGlobal?: boolean };

/** How long a session counts as new. Units: milliseconds. */
const JUST_MADE = 2000;
/** The most data that a session may have where no policy says more. Units: bytes. */
const LARGE_SESSION = 64 * 1024;

export class Tables {
  readonly sessions: BytesTable;
  readonly activity: Database<ActivityEntry, string>;
  readonly subjects: SubjectsTable;
  readonly due: Database<true, string>;
  readonly memos: Memos;
  readonly counts: Counts;
  readonly format: Format;
  readonly homes: Homes;
  readonly journals: JournalTables;
  readonly aliases: Database<string, string>;
  readonly environment: Environment;

  /** Opens the tables of a folder, or creates them unless they are only to be read. Errors: OpenFailure. */
  constructor(path: string, namespace: string, { readOnly = false, onBatch }: EnvironmentOptions = {}) {
    this.environment = new Environment(path, { readOnly, onBatch });
    const { environment } = this;
    this.format = new Format(environment, path, namespace);
    this.sessions = environment.openTable(`${namespace}:sessions`, 'binary') as BytesTable;
    this.subjects = environment.openTable(`${namespace}:subjects`, 'msgpack');
    this.activity = environment.openTable(`${namespace}:activity`, 'msgpack');
    this.due = environment.openTable(`${namespace}:due`, 'msgpack');
    this.aliases = environment.openTable(`${namespace}:aliases`, 'msgpack');
    this.memos = new Memos(environment, namespace);
    this.homes = new Homes(environment, namespace);
    this.journals = new JournalTables(environment, namespace);
    this.counts = new Counts(environment, namespace, this.subjects);
    if (readOnly) return;
    try {
      rewriteFirstRecords(this.sessions, () => environment.openTable(`${namespace}:sessions`, 'msgpack'));
      this.counts.make(this.sessions);
    } catch (error) {
      void environment.close();
      throw openFailure(`the store in ${path} is of an earlier version and cannot be brought up to date`, error);
    }
    environment.openOthers(namespace);
  }

  /** Notes the format of this version. */
  noted(): this {
    this.format.note();
    return this;
  }

  /** Runs `work`, which may use the reserve of a full disk, as one write transaction; see Environment. */
  transaction<T>(work: () => T): Promise<T> {
    return this.environment.transaction(work, null);
  }

  /** Runs `work`, which makes the store grow by so many bytes of text, as one write transaction. */
  growing<T>(room: number, work: () => T): Promise<T> {
    return this.environment.transaction(work, { room });
  }

  /** As Environment. */
  read<T>(work: () => T | Promise<T>): Promise<T> {
    return this.environment.read(work);
  }

  /** As Environment. */
  snapshot<T>(work: (snapshot: Transaction) => Promise<T>): Promise<T> {
    return this.environment.snapshot(work);
  }

  /** Resolves once a write has reached the disk, and there is room for a session. Errors: `store_unavailable`. */
  async probe(): Promise<void> {
    await this.growing(LARGE_SESSION, () => void this.environment.root.put('probe', 0));
  }

  /** Gives the key that the session of an id has now, or would have. */
  sessionKey(app: string, id: string): string {
    return sessionKey(this.homes.of(app), id);
  }

  /** Gives the keys of the sessions of a subject, in their order: all, or so many behind one. */
  sessionKeysOf(app: string, subject: string, { after, limit }: { after?: string; limit?: number } = {}): string[] {
    const home = this.homes.of(app);
    const prefix = subjectPrefix(home, subject);
    const start = after === undefined ? {} : { start: `${prefix}:${idOf(after)}`, exclusiveStart: true };
    const range = { ...under(prefix), ...start, ...(limit !== undefined && { limit }) };
    return [...this.subjects.getKeys(range)].map((key) => sessionKey(home, idOf(key)));
  }

  /**
   * Gives the record of a key, as of the newest state, the running transaction or the snapshot. Absence: null. What is left in
   * a home that its app has left is absent; on a snapshot, whose walks begin with the home of the app, nobody asks for it.
   */
  record(key: string, snapshot?: Transaction): StoredRecord | null {
    if (snapshot === undefined && !this.homes.hasKey(key)) return null;
    return this.recordAt(key, snapshot);
  }

  /** As `record`, for a key of the home that its app has now. */
  recordAt(key: string, snapshot?: Transaction): StoredRecord | null {
    // The bytes belong to lmdb-js and are valid until the next look-up. So unpacking keeps no reference to them.
    const bytes = this.sessions.getBinaryFast(key, snapshot && { transaction: snapshot });
    return bytes === undefined ? null : unpackRecord(bytes);
  }

  /** Gives when the session of a key was last seen, and what its end follows from, on a snapshot. Absence: null. */
  times(key: string, snapshot: Transaction): ReturnType<typeof timesOf> | null {
    const bytes = this.sessions.getBinaryFast(key, { transaction: snapshot });
    return bytes === undefined ? null : timesOf(bytes);
  }

  /** Gives the sessions key that the hash of a token leads to. Absence: null. */
  keyOfAlias(app: string, hash: string): string | null {
    const home = this.homes.of(app);
    const id = this.aliases.get(aliasKey(home, hash));
    return id === undefined ? null : sessionKey(home, id);
  }

  /** Gives the apps that have sessions. */
  apps(): string[] {
    return [...this.counts.table.getKeys({})].map(appOf);
  }

  /** Gives the homes that have sessions, those that were left too, by the sessions themselves: one look-up each. */
  homesInUse(): string[] {
    const homes: string[] = [];
    for (let start = ''; ; ) {
      const [key] = this.sessions.getKeys({ start, limit: 1 });
      if (key === undefined) return homes;
      const home = homeOf(key);
      homes.push(home);
      start = under(home).end;
    }
  }

  /** Adds a record with all its index entries. In a transaction. */
  insert(session: Session, credential: Credential, flushes = 0): void {
    const { app, id } = session;
    const home = this.homes.of(app);
    const deadline = expiresAt(session);
    const dueAt = Number.isFinite(deadline) ? deadline : null;
    this.put({ session, credential, dueAt, flushes, indexedAt: session.lastSeenAt });
    const prefix = session.subject === null ? null : subjectPrefix(home, session.subject);
    this.counts.enter(home, prefix);
    if (prefix !== null) void this.subjects.put(`${prefix}:${id}`, true);
    if (dueAt !== null) void this.due.put(dueKey(dueAt, home, id), true);
    for (const { hash, alias } of credential.previous) {
      // A token that was replaced may be another session's by now.
      const key = alias ? aliasKey(home, hash) : null;
      if (key !== null && this.aliases.get(key) === undefined) void this.aliases.put(key, id);
    }
    if (credential.alias) void this.aliases.put(aliasKey(home, credential.hash), id);
    this.putActivity(session);
  }

  /**
   * Replaces a record by a later state of the same session (same id, subject and aliases). In a transaction.
   * Gives whether the activity index was left behind, for `reindex`: a changed timeout moves it at once, a touch does not. The
   * first change right after the creation moves it, too: the entry stands on a page that is written anyway, and to come back
   * for it would mean to write the record a second time.
   */
  replace(old: StoredRecord, session: Session): boolean {
    const deadline = expiresAt(session);
    const dueAt = old.dueAt !== null && old.dueAt <= deadline ? old.dueAt : this.moveDue(old, deadline);
    const { idleTimeout, absoluteExpiresAt, createdAt } = old.session;
    const isNew = old.indexedAt === createdAt && session.lastSeenAt - createdAt < JUST_MADE;
    if (!isNew && session.idleTimeout === idleTimeout && session.absoluteExpiresAt === absoluteExpiresAt) {
      this.put({ ...old, session, dueAt });
      return true;
    }
    this.moveActivity(old, session);
    this.put({ ...old, session, dueAt, indexedAt: session.lastSeenAt });
    return false;
  }

  /**
   * Adds reads to a session and moves its lastSeenAt, if it was live at that instant; the activity index is left behind,
   * for `reindex`. In a transaction. Gives the record's new number of flushes. Absence: null.
   */
  recount(key: string, reads: number, lastSeenAt: number): number | null {
    const found = this.homes.hasKey(key) ? this.sessions.getBinaryFast(key) : undefined;
    if (found === undefined) return null;
    // It is in a buffer that lmdb-js has for look-ups, and may be changed there. If it is not, it may be the page itself.
    const bytes = found.isGlobal ? found : Buffer.from(found);
    if (!isLive(timesOf(bytes), lastSeenAt)) return null;
    const flushes = recountPacked(bytes, reads, lastSeenAt);
    void this.sessions.put(key, bytes);
    return flushes;
  }

  /** Brings the activity index up to a record. In a transaction. */
  reindex(record: StoredRecord): void {
    const { session, indexedAt } = record;
    if (indexedAt === session.lastSeenAt) return;
    this.moveActivity(record, session);
    this.put({ ...record, indexedAt: session.lastSeenAt });
  }

  /** Moves the entry in `due` to a session's present deadline, because the sweep came to it. In a transaction. */
  postpone(old: StoredRecord): void {
    this.put({ ...old, dueAt: this.moveDue(old, expiresAt(old.session)) });
  }

  /** Enters a record anew, of the same session with another credential or with index entries that were wrong. In a transaction. */
  reenter(old: StoredRecord, session = old.session, credential = old.credential): void {
    this.remove(old);
    this.insert(session, credential, old.flushes);
  }

  /** Removes a record and all its index entries. Of the end of a session `Entries.end` tells. In a transaction. */
  remove({ session, credential, dueAt, indexedAt }: StoredRecord): void {
    const { app, id } = session;
    const home = this.homes.of(app);
    void this.sessions.remove(sessionKey(home, id));
    void this.activity.remove(activityKey(home, indexedAt, id));
    const prefix = session.subject === null ? null : subjectPrefix(home, session.subject);
    this.counts.leave(home, prefix);
    if (prefix !== null) void this.subjects.remove(`${prefix}:${id}`);
    if (dueAt !== null) void this.due.remove(dueKey(dueAt, home, id));
    for (const { hash, alias } of [credential, ...credential.previous]) {
      // A token that was replaced may be another session's by now.
      const key = alias ? aliasKey(home, hash) : null;
      if (key !== null && this.aliases.get(key) === id) void this.aliases.remove(key);
    }
  }

  /** Every key and value, for tests. Sessions as text with a character for each byte. */
  dump(): { table: string; key: string; value: unknown }[] {
    const { sessions, subjects, activity, due, aliases } = this;
    this.environment.root.resetReadTxn();
    const kept = { totals: this.counts.table, homes: this.homes.table };
    return Object.entries({
      sessions,
      subjects,
      activity,
      due,
      aliases,
      ...kept,
      ...this.memos.tables,
      ...this.journals.tables,
    }).flatMap(([table, database]) =>
      [...(database as Database<unknown, string>).getRange({})].map(({ key, value }) => ({
        table,
        key,
        value: Buffer.isBuffer(value) ? value.toString('latin1') : value,
      })),
    );
  }

  close(): Promise<void> {
    return this.environment.close();
  }

  private put(record: StoredRecord): void {
    void this.sessions.put(this.sessionKey(record.session.app, record.session.id), packRecord(record));
  }

  private moveActivity({ indexedAt }: StoredRecord, session: Session): void {
    const { app, id, lastSeenAt } = session;
    if (indexedAt !== lastSeenAt) void this.activity.remove(activityKey(this.homes.of(app), indexedAt, id));
    this.putActivity(session);
  }

  private putActivity(session: Session): void {
    const deadline = expiresAt(session);
    const home = this.homes.of(session.app);
    const subject = session.subject === null ? null : subjectPrefix(home, session.subject);
    const entry: ActivityEntry = [subject, Number.isFinite(deadline) ? deadline : null];
    void this.activity.put(activityKey(home, session.lastSeenAt, session.id), entry);
  }

  private moveDue({ session: { app, id }, dueAt }: StoredRecord, deadline: number): number | null {
    const home = this.homes.of(app);
    if (dueAt !== null) void this.due.remove(dueKey(dueAt, home, id));
    if (!Number.isFinite(deadline)) return null;
    void this.due.put(dueKey(deadline, home, id), true);
    return deadline;
  }
}
