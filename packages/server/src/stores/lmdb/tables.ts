/**
 * The LMDB environment: five tables (and two of memos.ts) and one way to change them. A record and its index entries are only ever written
 * here, together, so they cannot disagree.
 *
 * `overlappingSync` is off: a transaction then resolves after fdatasync, which is what "acknowledged means stored"
 * needs. lmdb-js runs the callbacks that wait while a commit is on its way to the disk together in the next one: the
 * group commit. Readers are renewed for the reads of each event-loop turn: another process may have committed meanwhile.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Database, open, type RootDatabase, type Transaction } from 'lmdb';
import { ServiceError } from '../../core/errors.ts';
import { expiresAt, isLive } from '../../core/expiry.ts';
import type { Credential, Session } from '../../core/session.ts';
import { Counts } from './counts.ts';
import { activityKey, aliasKey, dueKey, sessionKey, subjectPrefix, under } from './keys.ts';
import { Memos } from './memos.ts';
import { packRecord, recountPacked, type StoredRecord, timesOf, unpackRecord } from './record.ts';

export type ActivityEntry = readonly [subject: string | null, expiresAt: number | null];

/** The types of lmdb-js do not know the second argument. */
interface BytesTable extends Database<Buffer, string> {
  getBinary(key: string, options?: { transaction: Transaction } | undefined): Buffer | undefined;
  getBinaryFast(key: string, options?: { transaction: Transaction } | undefined): Buffer | undefined;
}

export class Tables {
  readonly sessions: BytesTable;
  readonly activity: Database<ActivityEntry, string>;
  readonly subjects: Database<true, string>;
  readonly due: Database<true, string>;
  readonly memos: Memos;
  readonly counts: Counts;
  readonly aliases: Database<string, string>;
  private readonly root: RootDatabase;
  private turn: Promise<void> | null = null;
  private closed = false;

  /** Opens the environment in a folder, or creates it unless it is only to be read. Errors: what the file system says. */
  constructor(path: string, namespace: string, readOnly = false) {
    // Sessions are nobody else's business: a new folder is for this account only. One that exists stays as it is.
    if (!readOnly) makeFolder(path);
    this.root = open({
      path,
      noSubdir: false,
      readOnly,
      overlappingSync: false,
      // With it, a commit that fails also rejects a promise that nobody can get hold of, and ends the process.
      eventTurnBatching: false,
      maxDbs: 64,
      maxReaders: 512,
    });
    this.sessions = this.root.openDB({ name: `${namespace}:sessions`, encoding: 'binary' });
    this.subjects = this.root.openDB({ name: `${namespace}:subjects`, encoding: 'msgpack' });
    this.activity = this.root.openDB({ name: `${namespace}:activity`, encoding: 'msgpack' });
    this.due = this.root.openDB({ name: `${namespace}:due`, encoding: 'msgpack' });
    this.aliases = this.root.openDB({ name: `${namespace}:aliases`, encoding: 'msgpack' });
    this.memos = new Memos(this.root, namespace);
    this.counts = new Counts(this.root, namespace);
    if (!readOnly) this.counts.make(this.sessions);
  }

  /** Runs `work` as one write transaction and resolves with its result once that is on the disk. */
  async transaction<T>(work: () => T): Promise<T> {
    this.assertOpen();
    try {
      return await this.root.transaction(work);
    } catch (error) {
      throw unavailable(await reasonOf(error));
    }
  }

  /**
   * Runs `work` on the newest committed state, once the turn of the event loop has taken in all its requests. All reads of
   * a turn then share one read transaction, and their answers leave together: one wake-up of the clients, not one each.
   */
  async read<T>(work: () => T): Promise<T> {
    try {
      this.turn ??= nextTurn().then(() => this.renewReaders());
      await this.turn;
      this.assertOpen();
      return work();
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Runs `work` on one snapshot that stays the same however long it takes. */
  async snapshot<T>(work: (snapshot: Transaction) => Promise<T>): Promise<T> {
    this.assertOpen();
    this.root.resetReadTxn();
    const snapshot = this.root.useReadTransaction();
    try {
      return await work(snapshot);
    } catch (error) {
      throw unavailable(error);
    } finally {
      snapshot.done();
    }
  }

  /** Resolves once a write has reached the disk. Errors: `store_unavailable`. */
  async probe(): Promise<void> {
    await this.transaction(() => void this.root.put('probe', 0));
  }

  /** Gives the record of a key, as of the newest state, the running transaction or the snapshot. Absence: null. */
  record(key: string, snapshot?: Transaction): StoredRecord | null {
    // The bytes are lmdb-js' own, good until the next look-up: unpacking keeps nothing of them.
    const bytes = this.sessions.getBinaryFast(key, snapshot && { transaction: snapshot });
    return bytes === undefined ? null : unpackRecord(bytes);
  }

  /** Gives the sessions key that the hash of a token leads to. Absence: null. */
  keyOfAlias(app: string, hash: string): string | null {
    const id = this.aliases.get(aliasKey(app, hash));
    return id === undefined ? null : sessionKey(app, id);
  }

  /** Gives the apps that have sessions: one look-up each. */
  apps(): string[] {
    const apps: string[] = [];
    for (let start = ''; ; ) {
      const [key] = this.sessions.getKeys({ start, limit: 1 });
      if (key === undefined) return apps;
      const app = key.slice(0, key.indexOf(':'));
      apps.push(app);
      start = under(app).end;
    }
  }

  /** Adds a record with all its index entries. In a transaction. */
  insert(session: Session, credential: Credential, flushes = 0): void {
    const { app, id } = session;
    const deadline = expiresAt(session);
    const dueAt = Number.isFinite(deadline) ? deadline : null;
    this.put({ session, credential, dueAt, flushes, indexedAt: session.lastSeenAt });
    if (session.subject !== null) void this.subjects.put(`${subjectPrefix(app, session.subject)}:${id}`, true);
    if (dueAt !== null) void this.due.put(dueKey(dueAt, app, id), true);
    for (const { hash, alias } of credential.previous) {
      // A token that was replaced may be another session's by now.
      const key = alias ? aliasKey(app, hash) : null;
      if (key !== null && this.aliases.get(key) === undefined) void this.aliases.put(key, id);
    }
    if (credential.alias) void this.aliases.put(aliasKey(app, credential.hash), id);
    this.putActivity(session);
    this.counts.add(app, 1);
  }

  /**
   * Replaces a record by a later state of the same session (same id, subject and aliases). In a transaction.
   * Gives whether the activity index was left behind, for `reindex`: a changed timeout moves it at once, a touch does not.
   */
  replace(old: StoredRecord, session: Session): boolean {
    const deadline = expiresAt(session);
    const dueAt = old.dueAt !== null && old.dueAt <= deadline ? old.dueAt : this.moveDue(old, deadline);
    const { idleTimeout, absoluteExpiresAt } = old.session;
    if (session.idleTimeout === idleTimeout && session.absoluteExpiresAt === absoluteExpiresAt) {
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
    const bytes = this.sessions.getBinary(key);
    if (bytes === undefined || !isLive(timesOf(bytes), lastSeenAt)) return null;
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

  /** Removes a record and all its index entries. In a transaction. */
  remove({ session, credential, dueAt, indexedAt }: StoredRecord): void {
    const { app, id } = session;
    void this.sessions.remove(sessionKey(app, id));
    this.counts.add(app, -1);
    void this.activity.remove(activityKey(app, indexedAt, id));
    if (session.subject !== null) void this.subjects.remove(`${subjectPrefix(app, session.subject)}:${id}`);
    if (dueAt !== null) void this.due.remove(dueKey(dueAt, app, id));
    for (const { hash, alias } of [credential, ...credential.previous]) {
      // A token that was replaced may be another session's by now.
      const key = alias ? aliasKey(app, hash) : null;
      if (key !== null && this.aliases.get(key) === id) void this.aliases.remove(key);
    }
  }

  /** Every key and value, for tests. Sessions as text with a character for each byte. */
  dump(): { table: string; key: string; value: unknown }[] {
    const { sessions, subjects, activity, due, aliases } = this;
    this.root.resetReadTxn();
    const counts = this.counts.table;
    return Object.entries({ sessions, subjects, activity, due, aliases, counts, ...this.memos.tables }).flatMap(
      ([table, database]) =>
        [...(database as Database<unknown, string>).getRange({})].map(({ key, value }) => ({
          table,
          key,
          value: Buffer.isBuffer(value) ? value.toString('latin1') : value,
        })),
    );
  }

  /** Frees the readers that dead processes left, which would keep the file from reusing pages. */
  releaseDeadReaders(): void {
    this.assertOpen();
    this.root.readerCheck();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.root.close();
  }

  private put(record: StoredRecord): void {
    void this.sessions.put(sessionKey(record.session.app, record.session.id), packRecord(record));
  }

  private moveActivity({ indexedAt }: StoredRecord, session: Session): void {
    const { app, id, lastSeenAt } = session;
    if (indexedAt !== lastSeenAt) void this.activity.remove(activityKey(app, indexedAt, id));
    this.putActivity(session);
  }

  private putActivity(session: Session): void {
    const deadline = expiresAt(session);
    const subject = session.subject === null ? null : subjectPrefix(session.app, session.subject);
    const entry: ActivityEntry = [subject, Number.isFinite(deadline) ? deadline : null];
    void this.activity.put(activityKey(session.app, session.lastSeenAt, session.id), entry);
  }

  private moveDue({ session: { app, id }, dueAt }: StoredRecord, deadline: number): number | null {
    if (dueAt !== null) void this.due.remove(dueKey(dueAt, app, id));
    if (!Number.isFinite(deadline)) return null;
    void this.due.put(dueKey(deadline, app, id), true);
    return deadline;
  }

  private renewReaders(): void {
    this.turn = null;
    this.assertOpen();
    this.root.resetReadTxn();
  }

  private assertOpen(): void {
    if (this.closed) throw new ServiceError('store_unavailable', 'the session store is closed');
  }
}

/** A commit that failed carries its reason as a promise of its own, which rejects a moment later. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  const reason = commitError?.catch((cause: unknown) => cause);
  return (await Promise.race([reason, nextTurn()])) ?? error;
}

function unavailable(cause: unknown): ServiceError {
  if (cause instanceof ServiceError) return cause;
  return new ServiceError('store_unavailable', 'the session store did not answer', { cause });
}

/** Makes a folder and those above it. Node's own way does not end where none can be made, as in `/proc`. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (!existsSync(above)) makeFolder(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another server that starts now was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
