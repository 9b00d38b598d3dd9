/**
 * The audit of the embedded store, which servers may be using: each record against its index entries, then each entry
 * against its record. Slices of a thousand, each on a snapshot of its own: what is compared is of one instant, and no old
 * snapshot keeps pages from being used again. A repair looks once more, inside the transaction that mends.
 */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, RangeOptions, Transaction } from 'lmdb';
import { expiresAt } from '../../core/expiry.ts';
import type { AppSummary, Audit, AuditOptions } from '../audit.ts';
import { openToOthers, stuckFindings } from './health.ts';
import { auditJournals } from './journal-audit.ts';
import {
  activityKey,
  aliasKey,
  appOf,
  dueKey,
  homeOf,
  idOf,
  isSubject,
  keyOfDue,
  sessionKey,
  subjectPrefix,
} from './keys.ts';
import { isKnownForm, type StoredRecord, unpackRecord } from './record.ts';
import { Tables } from './tables.ts';

const SLICE = 1000;
/** How long a reader must have held one state to be told. Units: milliseconds. */
const STUCK_FOR_DOCTOR = 3000;

type Fault = readonly [code: string, message: string];
type IndexName = 'subjects' | 'activity' | 'due' | 'aliases';

/** Index → what a session that is missing from it leads to, and an entry too many. */
const INDEXES: Record<IndexName, readonly [missing: string, orphan: string]> = {
  subjects: ['ending all sessions of its subject would miss it', 'an entry of a subject without its session'],
  activity: ['lists miss it, or see it at a wrong time', 'activity of no session: it is counted'],
  due: ['the sweep would leave it', 'a session to sweep that is not there'],
  aliases: ['its token was chosen by its caller and leads nowhere', 'a token that leads to no session'],
};

/** Opens the audit of a folder. Errors: a folder or namespace without a store; it makes neither. */
export function openLmdbAudit(path: string, namespace: string, repair: boolean): LmdbAudit {
  const present = new Tables(path, namespace, { readOnly: true });
  // An environment that is opened only for reading does not create a missing table.
  const exists = present.sessions !== undefined;
  if (exists && !repair) return new LmdbAudit(present, path);
  void present.close();
  if (!exists) throw new Error(`no store under the namespace ${namespace} in ${path}`);
  return new LmdbAudit(new Tables(path, namespace), path);
}

export class LmdbAudit implements Audit {
  private readonly tables: Tables;
  private readonly path: string;

  constructor(tables: Tables, path: string) {
    this.tables = tables;
    this.path = path;
  }

  async run(options: AuditOptions): Promise<AppSummary[]> {
    const { environment } = this.tables;
    environment.stuckReaders();
    // After the look: what it saw has then been seen for the whole wait, however long the look itself took.
    const looked = performance.now();
    const counts = options.quick ? new Map<string, number>() : await this.compare(options);
    // A reader of a busy server may hold an old state for a moment: those are told that still hold it after a while.
    const suspicious = environment.stuckReaders(0).length > 0;
    if (suspicious) await waitUntil(looked + STUCK_FOR_DOCTOR);
    const stuck = suspicious ? environment.stuckReaders(STUCK_FOR_DOCTOR) : [];
    for (const finding of [...stuckFindings(stuck), ...openToOthers(this.path)]) {
      options.onFinding({ ...finding, mended: null });
    }
    const ended = new Map<string, number>();
    for (const { home, records } of await this.tables.read(() => this.tables.homes.leftovers())) {
      ended.set(appOf(home), (ended.get(appOf(home)) ?? 0) + records);
    }
    return [...new Set([...counts.keys(), ...ended.keys()])].map((app) => ({
      app,
      sessions: counts.get(app) ?? 0,
      largest: null,
      ended: ended.get(app) ?? 0,
    }));
  }

  /** Goes through all tables. Gives the sessions of each app. */
  private async compare(options: AuditOptions): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    await this.walk(this.tables.sessions, 'sessions', options, async (entries, snapshot) => {
      // What is left of an app that ended is no session any more (homes.ts).
      const present = entries.filter(({ key }) => this.tables.homes.hasKey(key, snapshot));
      for (const { key } of present) {
        const app = appOf(homeOf(key));
        counts.set(app, (counts.get(app) ?? 0) + 1);
      }
      const faulty = present.map(({ key }) => [key, this.faultsOf(key, snapshot)] as const);
      for (const [key, found] of faulty) if (found.length > 0) await this.session(key, found, options);
    });
    for (const index of Object.keys(INDEXES) as IndexName[]) {
      await this.walk(this.tables[index], index, options, async (entries, snapshot) => {
        const orphans = entries.filter(({ key, value }) => this.isOrphan(index, key, value, snapshot));
        for (const { key, value } of orphans) await this.orphan(index, key, value, options);
      });
    }
    await this.counts(options);
    await this.memos(options);
    await auditJournals(this.tables, options);
    return counts;
  }

  /** The counts of apps against their sessions and subjects, each app as of one snapshot. */
  private async counts({ repair, onFinding }: AuditOptions): Promise<void> {
    const { sessions, counts, homes } = this.tables;
    // A store of an earlier version, opened for reading alone, has none yet.
    if (counts.table === undefined || !counts.isMade()) return;
    const apps = new Set(await this.tables.read(() => [...this.tables.apps(), ...this.tables.homesInUse().map(appOf)]));
    for (const app of apps) {
      const isRight = await this.tables.snapshot(async (snapshot) =>
        counts.areRight(homes.of(app, snapshot), sessions, snapshot),
      );
      if (isRight) continue;
      const mend = () => {
        counts.recount(homes.of(app), sessions);
        return 'counted';
      };
      const mended = repair ? await this.tables.transaction(mend) : null;
      const message =
        'the numbers of its sessions and subjects are kept wrong: they are shown, and its quota refuses too early, or too late';
      onFinding({ kind: 'fault', code: 'count', where: `totals ${app}`, message, mended });
    }
  }

  /** Memos, which are no sessions, against the instants they go at. */
  private async memos(options: AuditOptions): Promise<void> {
    const { memos, memoDue } = this.tables.memos.tables;
    const undue = (key: string, transaction?: Transaction) => {
      const memo = memos.get(key, transaction && { transaction });
      return memo !== undefined && memoDue.get(dueOfMemo(key, memo), transaction && { transaction }) === undefined;
    };
    const orphan = (key: string, transaction?: Transaction) => {
      const memo = memos.get(keyOfDue(key), transaction && { transaction });
      return memo === undefined || dueOfMemo(keyOfDue(key), memo) !== key;
    };
    const tell = async (code: string, where: string, message: string, mend: () => unknown) => {
      const mended = options.repair ? await this.tables.transaction(() => (mend() ? 'mended' : 'right by now')) : null;
      options.onFinding({ kind: 'fault', code, where, message, mended });
    };
    await this.walk(memos, 'memos', options, async (entries, snapshot) => {
      for (const { key } of entries.filter((entry) => undue(entry.key, snapshot))) {
        const mend = () => undue(key) && memoDue.put(dueOfMemo(key, memos.get(key)!), true);
        await tell('memo-due', `memos ${key}`, 'a memo that no sweep would find', mend);
      }
    });
    await this.walk(memoDue, 'memos that end', options, async (entries, snapshot) => {
      for (const { key } of entries.filter((entry) => orphan(entry.key, snapshot))) {
        const mend = () => orphan(key) && memoDue.remove(key);
        await tell('memo-orphan', `memoDue ${key}`, 'a memo to end that is not there', mend);
      }
    });
  }

  close(): Promise<void> {
    return this.tables.close();
  }

  private async walk(
    table: Database<unknown, string>,
    name: string,
    { onProgress }: AuditOptions,
    look: (entries: { key: string; value: unknown }[], snapshot: Transaction) => Promise<void>,
  ): Promise<void> {
    // A store of an earlier version may lack it, and opened for reading alone it is not made.
    if (table === undefined) return;
    const total = (table.getStats() as { entryCount: number }).entryCount;
    let done = 0;
    let range: RangeOptions = { limit: SLICE };
    for (let last: string | null = ''; last !== null; ) {
      last = await this.tables.snapshot(async (snapshot): Promise<string | null> => {
        const entries = [...table.getRange({ ...range, transaction: snapshot })];
        await look(entries, snapshot);
        done += entries.length;
        return entries.length < SLICE ? null : entries.at(-1)!.key;
      });
      onProgress(name, done, Math.max(done, total));
      await nextTurn();
      if (last !== null) range = { start: last, exclusiveStart: true, limit: SLICE };
    }
  }

  private async session(key: string, found: readonly Fault[], { repair, onFinding }: AuditOptions): Promise<void> {
    const mended = repair ? await this.tables.transaction(() => this.mend(key)) : null;
    for (const [code, message] of found) {
      onFinding({ kind: 'fault', code, where: `sessions ${key}`, message, mended });
    }
  }

  /** Mends a session as it is now. In a transaction. Absence: null when nothing can be done. */
  private mend(key: string): string | null {
    const [first] = this.faultsOf(key);
    switch (first?.[0]) {
      case undefined:
        return 'right by now';
      case 'form':
      case 'place':
        return null;
      case 'session-record':
        void this.tables.sessions.remove(key);
        this.tables.counts.lose(homeOf(key));
        return 'removed: whoever has it logs in again';
      default: {
        this.tables.reenter(this.tables.record(key)!);
        return 'entered';
      }
    }
  }

  /** Gives what is wrong with a session: as of the snapshot, or of the running transaction. */
  private faultsOf(key: string, snapshot?: Transaction): Fault[] {
    const record = this.tables.homes.hasKey(key, snapshot) ? this.read(key, snapshot) : null;
    if (record === null) return [];
    if (typeof record === 'string') {
      const foreign = record === 'form';
      return foreign
        ? [['form', 'a session of a form that this version does not know: another one wrote it']]
        : [['session-record', 'a session that cannot be read: requests for it fail']];
    }
    const { session, dueAt } = record;
    const home = homeOf(key);
    if (appOf(home) !== session.app || sessionKey(home, session.id) !== key) {
      return [['place', 'a session at a key that does not lead to it: nobody reaches it']];
    }
    const deadline = expiresAt(session);
    const late = dueAt === null ? Number.isFinite(deadline) : dueAt > deadline;
    const faulty = entriesOf(home, record).filter(({ index, key: own, value, mayBeElsewhere }) => {
      if (mayBeElsewhere) return false;
      const actual = (this.tables[index] as Database<unknown, string>).get(own, snapshot && { transaction: snapshot });
      return JSON.stringify(actual) !== JSON.stringify(value);
    });
    const indexes = new Set<IndexName>(faulty.map(({ index }) => index));
    if (late) indexes.add('due');
    return [...indexes].map((index) => [`session-${index}`, INDEXES[index][0]]);
  }

  private async orphan(index: IndexName, key: string, value: unknown, { repair, onFinding }: AuditOptions) {
    const remove = () => {
      if (!this.isOrphan(index, key, value)) return 'right by now';
      void this.tables[index].remove(key);
      return 'removed';
    };
    const mended = repair ? await this.tables.transaction(remove) : null;
    // The name of an alias is a hash of its token: enough of it to find it by.
    const where = `${index} ${index === 'aliases' ? `${key.slice(0, key.indexOf(':') + 11)}…` : key}`;
    onFinding({ kind: 'fault', code: `${index}-orphan`, where, message: INDEXES[index][1], mended });
  }

  private isOrphan(index: IndexName, key: string, value: unknown, snapshot?: Transaction): boolean {
    if (index === 'subjects' && isSubject(key)) return false;
    const home = homeOf(index === 'due' ? keyOfDue(key) : key);
    // Of an app that ended: it is removed behind.
    if (this.tables.homes.of(appOf(home), snapshot) !== home) return false;
    const id = index === 'aliases' ? String(value) : idOf(key);
    const record = this.read(sessionKey(home, id), snapshot);
    // Of a session that cannot be read, nobody can tell which entries belong to it.
    if (record === null || typeof record === 'string') return record === null;
    return !entriesOf(home, record).some((entry) => entry.index === index && entry.key === key);
  }

  private read(key: string, snapshot?: Transaction): StoredRecord | 'form' | 'record' | null {
    const bytes = this.tables.sessions.getBinary(key, snapshot && { transaction: snapshot });
    if (bytes === undefined) return null;
    if (bytes.length > 0 && !isKnownForm(bytes[0]!)) return 'form';
    try {
      return unpackRecord(bytes);
    } catch {
      return 'record';
    }
  }
}

/** Gives all index entries that a record must have. */
function entriesOf(home: string, { session, credential, dueAt, indexedAt }: StoredRecord) {
  const { id, subject } = session;
  const prefix = subject === null ? null : subjectPrefix(home, subject);
  // The entry holds what was true when it was last moved. Touches that were written behind leave it out of date for a while.
  const then = expiresAt({ ...session, lastSeenAt: indexedAt });
  const entries: { index: IndexName; key: string; value: unknown; mayBeElsewhere?: boolean }[] = [
    { index: 'activity', key: activityKey(home, indexedAt, id), value: [prefix, Number.isFinite(then) ? then : null] },
  ];
  if (prefix !== null) entries.push({ index: 'subjects', key: `${prefix}:${id}`, value: true });
  if (dueAt !== null) entries.push({ index: 'due', key: dueKey(dueAt, home, id), value: true });
  for (const held of [credential, ...credential.previous]) {
    // A token that was replaced may be another session's by now.
    const mayBeElsewhere = held !== credential;
    if (held.alias) entries.push({ index: 'aliases', key: aliasKey(home, held.hash), value: id, mayBeElsewhere });
  }
  return entries;
}

/** Waits until a time of `performance.now()`. A timer may ring up to a millisecond early. */
async function waitUntil(time: number): Promise<void> {
  while (performance.now() < time) await delay(Math.ceil(time - performance.now()));
}

function dueOfMemo(key: string, [, until]: readonly [text: string, until: number]): string {
  const separator = key.indexOf(':');
  return dueKey(until, key.slice(0, separator), key.slice(separator + 1));
}
