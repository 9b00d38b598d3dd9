/**
 * The LMDB environment of a data folder: opened with care, watched while it is used, and the one way to read and change it.
 *
 * `overlappingSync` is off: a transaction then resolves after fdatasync, which is what "acknowledged means stored"
 * needs. Changes that come while a commit is on its way go together in the next one (group-commit.ts). Readers are renewed
 * for the reads of each event-loop turn: another process may have committed meanwhile.
 *
 * Before a transaction writes, and again after its commit, it is made sure that the path still leads to the open files
 * (presence.ts) and that nobody has written under another lock file: each commit has the number after the one before.
 * Otherwise nothing is said to be stored. Reads look four times a second.
 */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, Transaction } from 'lmdb';
import { ServiceError } from '../../core/errors.ts';
import { assertStoreFiles } from './file-check.ts';
import { GroupCommit, type Need } from './group-commit.ts';
import { makeFolder, OpenFailure, openFailure } from './open-failure.ts';
import { openRoot, type PageCounts, type Root } from './open-root.ts';
import { Presence } from './presence.ts';
import { Readers, type StuckReader } from './readers.ts';
import { Room } from './room.ts';
import { strangerOf } from './strangers.ts';

/** How old what reads know of the folder may be. Units: milliseconds. */
const READS_TRUST = 250;

/** A table, as far as its pages are counted. */
interface Counted {
  readonly db: { stat(): PageCounts };
}

export interface EnvironmentOptions {
  readonly readOnly?: boolean;
  /** Told how many changes went together in one transaction. */
  readonly onBatch?: ((size: number) => void) | undefined;
}

/** The first two pages say where everything is. */
const META_PAGES = 2;

export class Environment {
  readonly root: Root;
  /** Another number whenever what a look-up sees may be another state: with each turn of reads, and around each change. */
  state = 0;
  private readonly path: string;
  private readonly presence: Presence;
  private readonly room: Room | null;
  private readonly readers = new Readers();
  private turn: Promise<void> | null = null;
  private lost: string | null = null;
  private foreign: string | null = null;
  /** Why this version may not use what is stored. Absence: null. Asked with each look at the folder. */
  private guard: (() => string | null) | null = null;
  private guarded: string | null = null;
  private lookedAt = 0;
  private readonly tables: Counted[] = [];
  private readonly commits: GroupCommit;
  private readonly lasts: (() => void)[] = [];
  private readonly listeners: (() => void)[] = [];
  private closed = false;

  /** Opens the environment of a folder, or creates it unless it is only to be read. Errors: OpenFailure. */
  constructor(path: string, { readOnly = false, onBatch }: EnvironmentOptions) {
    // Sessions are nobody else's business: a new folder is for this account only. One that exists stays as it is,
    // and what others may do with its files is taken away later (health.ts).
    if (!readOnly) makeFolder(path);
    assertStoreFiles(path, readOnly);
    this.path = path;
    this.root = openRoot(path, readOnly);
    this.commits = new GroupCommit({
      transaction: (changes) => this.root.transaction(changes),
      begin: () => this.begin(),
      admit: (need) => need !== null && this.room?.claim(need.room),
      end: () => this.end(),
      settled: () => this.settled(),
      ...(onBatch !== undefined && { onBatch }),
    });
    try {
      this.presence = new Presence(path);
      const stranger = strangerOf(path);
      if (stranger !== null) throw new OpenFailure(stranger);
      this.assertReader();
      const { pageSize } = this.root.env.stat();
      this.room = readOnly ? null : new Room(join(path, 'data.mdb'), pageSize, () => this.freePages());
    } catch (error) {
      void this.root.close();
      throw openFailure(`the store in ${path} cannot be opened`, error);
    }
  }

  /**
   * Runs `work` as one write transaction and resolves with its result once that is on the disk. On a full disk it may run
   * again after a commit that failed: it keeps nothing outside of the store that may not be done twice.
   */
  async transaction<T>(work: () => T, need: Need): Promise<T> {
    this.assertOpen();
    // Nothing is begun that cannot be answered.
    if (this.whyUnusable() !== null) this.look();
    this.assertUsable();
    try {
      return await this.commits.add(work, need);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /**
   * Runs `work` on the newest committed state, once the turn of the event loop has taken in all its requests. All reads of
   * a turn then share one read transaction, and their answers leave together: one wake-up of the clients, not one each.
   */
  read<T>(work: () => T | Promise<T>): Promise<T> {
    this.turn ??= nextTurn().then(() => this.renewReaders());
    return this.turn.then(() => {
      try {
        this.assertOpen();
        return work();
      } catch (error) {
        throw unavailable(error);
      }
    }, refuse);
  }

  /** Runs `work` on one snapshot that stays the same however long it takes. */
  async snapshot<T>(work: (snapshot: Transaction) => Promise<T>): Promise<T> {
    this.assertOpen();
    this.look();
    this.assertUsable();
    this.state++;
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

  /** Gives what keeps the store from being used, in a sentence for the operator. Absence: null. */
  fault(): string | null {
    this.look();
    return this.whyUnusable();
  }

  /** Lets `guard` say why this version may not use the store: now, and with each look at the folder. Errors: OpenFailure. */
  guardedBy(guard: () => string | null): void {
    this.guard = guard;
    const fault = guard();
    if (fault === null) return;
    void this.close();
    throw new OpenFailure(fault);
  }

  /** Runs `last` at the end of each transaction, in it. */
  atEnd(last: () => void): void {
    this.lasts.push(last);
  }

  /** Runs `told` whenever a transaction is on the disk. It must not throw. */
  afterCommit(told: () => void): void {
    this.listeners.push(told);
  }

  /** Opens a table of the environment, and makes it unless the environment is only read. Absence: undefined then. */
  openTable<V>(name: string, encoding: 'binary' | 'msgpack'): Database<V, string> {
    let table: Database<V, string>;
    try {
      table = this.root.openDB<V, string>({ name, encoding });
    } catch (error) {
      void this.close();
      throw openFailure(`the tables of the store in ${this.path} cannot be made`, error);
    }
    if (table !== undefined) this.tables.push(table as unknown as Counted);
    return table;
  }

  /** Opens what other namespaces keep in the same file, because its pages are in use too. */
  openOthers(own: string): void {
    const names = [...this.root.getKeys()]
      .map(String)
      .filter((name) => name.includes(':') && !name.startsWith(`${own}:`));
    for (const name of names) this.openTable(name, 'binary');
  }

  /** Gives the readers that have held an old state for `after` milliseconds, as far as calls of this have seen it. */
  stuckReaders(after?: number): StuckReader[] {
    this.assertOpen();
    return this.readers.look(this.root.readerList(), this.root.env.info().lastTxnId, performance.now(), after);
  }

  /** Gives how long the data file is up to the last page that was ever used. Units: bytes. */
  mapBytes(): number {
    this.assertOpen();
    const { env } = this.root;
    return (env.info().lastPageNumber + 1) * env.stat().pageSize;
  }

  /** Gives how much of the data file is used, and by how many. */
  size(): Record<'pages used' | 'pages free' | 'page bytes' | 'commits' | 'readers', number> {
    this.assertOpen();
    const { lastPageNumber, lastTxnId } = this.root.env.info();
    const free = this.freePages();
    return {
      'pages used': lastPageNumber + 1 - free,
      'pages free': free,
      'page bytes': this.root.env.stat().pageSize,
      commits: lastTxnId,
      readers: [...this.root.readerList().matchAll(/^ *\d+ +[0-9a-f]+ +\S+$/gm)].length,
    };
  }

  /** Frees the places of readers that dead processes left, which would keep the file from reusing pages. */
  releaseDeadReaders(): void {
    this.assertOpen();
    this.root.readerCheck();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    // Where nothing is under way it is closed at once, without a turn: the same folder may be opened again right after the call.
    if (this.commits.isBusy) await this.commits.idle();
    await this.root.close();
    this.room?.close();
  }

  /** Before the first change of a transaction, in it. */
  private begin(): void {
    this.look();
    this.assertUsable();
    const { lastPageNumber, lastTxnId } = this.root.env.info();
    if (this.root.getWriteTxnId() !== lastTxnId + 1) {
      this.foreign = `another process has written to ${this.path}/data.mdb under another lock.mdb; stop all servers of this folder, then start them`;
    }
    this.assertUsable();
    this.room?.begin(lastPageNumber);
    this.state++;
  }

  /** After the last change of a transaction, in it. */
  private end(): void {
    for (const last of this.lasts) last();
    this.state++;
  }

  /** It is on the disk: in the file that is open. Whether that is still the one at the path decides about the answers. */
  private settled(): void {
    this.lost = this.presence.fault();
    this.assertUsable();
    for (const told of this.listeners) told();
  }

  private look(): void {
    this.lost = this.presence.fault();
    if (!this.closed) this.guarded = this.askGuard();
    this.lookedAt = performance.now();
  }

  /** What another process has written over can be read no more: that, too, is a store that this version may not use. */
  private askGuard(): string | null {
    try {
      return this.guard?.() ?? null;
    } catch (error) {
      return `the format of the store in ${this.path} cannot be read (${(error as Error).message})`;
    }
  }

  private whyUnusable(): string | null {
    return this.foreign ?? this.lost ?? this.guarded;
  }

  private assertUsable(): void {
    const fault = this.whyUnusable();
    if (fault !== null) throw unavailable(new Error(fault));
  }

  private renewReaders(): void {
    this.turn = null;
    this.assertOpen();
    this.root.resetReadTxn();
    if (this.lost !== null || performance.now() - this.lookedAt > READS_TRUST) this.look();
    this.assertUsable();
    this.state++;
  }

  private assertOpen(): void {
    if (this.closed) throw new ServiceError('store_unavailable', 'the session store is closed');
  }

  /** Takes a place among the readers. Errors: when none can be had. */
  private assertReader(): void {
    try {
      this.root.get('probe');
    } catch (error) {
      // A place belongs to a process id, and a lock in the lock file says that this process is alive. lmdb-js waits for
      // that lock for ten seconds, and then stumbles over the transaction that it has not got.
      if (!/temporarily unavailable|reading 'address'/i.test((error as Error).message)) throw error;
      throw new OpenFailure(
        `another process with the process id ${process.pid} uses ${this.path}: containers that share a folder must share their process ids too`,
      );
    }
  }

  /** Counts the pages below the last one that nothing uses, by what the tables say of themselves. */
  private freePages(): number {
    const { env } = this.root;
    const counts = [env.stat(), env.freeStat(), ...this.tables.map(({ db }) => db.stat())];
    const used = counts.map((one) => one.treeBranchPageCount + one.treeLeafPageCount + one.overflowPages);
    return Math.max(0, env.info().lastPageNumber + 1 - META_PAGES - used.reduce((sum, pages) => sum + pages, 0));
  }
}

function refuse(cause: unknown): never {
  throw unavailable(cause);
}

function unavailable(cause: unknown): ServiceError {
  if (cause instanceof ServiceError) return cause;
  return new ServiceError('store_unavailable', 'the session store did not answer', { cause });
}
