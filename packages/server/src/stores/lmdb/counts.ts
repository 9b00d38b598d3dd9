/**
 * How many records and how many subjects each app has, kept in the transactions that write and remove them: so a quota is
 * exact whoever else writes, and to ask costs a look-up. Records that have expired and are not swept yet are among them: who
 * needs the number of live sessions takes off what is due (counting.ts). Rejected: counting when it is asked for, which takes
 * seconds for a million sessions.
 *
 * A subject is new, or gone, by the number of its records, which stands beside their entries: on the same page, so that
 * it costs little. Rejected: looking whether there is another entry, which takes a cursor: a third of the time of a create.
 *
 * A store that an earlier version wrote lacks some of the counts: they are made when it is opened, all at once or not at all.
 * That version noted counts of its own in the root, and makes them anew where they are not noted. So that note, found again,
 * says that it has written meanwhile, and all is counted once more.
 */
import type { Database, Transaction } from 'lmdb';
import type { Environment } from './environment.ts';
import { homeOf, isSubject, prefixOf, under } from './keys.ts';

/** Entries read at once while they are made. */
const SLICE = 10_000;

type Count = readonly [records: number, subjects: number];
const NONE: Count = [0, 0];
export type SubjectsTable = Database<true | number, string>;
type Sessions = Pick<Database<unknown, string>, 'getKeys'>;

export class Counts {
  /** None: no entry. Absence: undefined where a store without counts is opened for reading alone. */
  readonly table: Database<Count, string>;
  /** Counts that the running transaction has changed, by home. They are written once, at its end. */
  private readonly changed = new Map<string, Count>();
  private readonly subjects: SubjectsTable;
  private readonly environment: Environment;
  private readonly namespace: string;
  /** What the root notes once they are made, and what an earlier version notes of its own. */
  private readonly made: string;
  private readonly madeBefore: string;

  constructor(environment: Environment, namespace: string, subjects: SubjectsTable) {
    this.environment = environment;
    this.subjects = subjects;
    // No colon: a name with one is a table to those who open the tables of other namespaces.
    this.made = `totalled ${namespace}`;
    this.madeBefore = `counted ${namespace}`;
    this.namespace = namespace;
    this.table = environment.openTable(`${namespace}:totals`, 'msgpack');
    environment.atEnd(() => this.write());
  }

  /** Makes the counts that a store lacks. */
  make(sessions: Sessions): void {
    if (this.isMade()) return;
    const { root } = this.environment;
    root.transactionSync(() => {
      // Another process may have been quicker.
      if (this.isMade()) return;
      this.table.clearSync();
      this.forgetBefore();
      const homes = new Map<string, number>();
      for (const key of sessions.getKeys({})) homes.set(homeOf(key), (homes.get(homeOf(key)) ?? 0) + 1);
      const subjects = new Map<string, number>();
      for (const prefix of this.numberSubjects({}))
        subjects.set(homeOf(prefix), (subjects.get(homeOf(prefix)) ?? 0) + 1);
      for (const [home, records] of homes) this.table.putSync(home, [records, subjects.get(home) ?? 0]);
      root.putSync(this.made, 1);
    });
  }

  isMade(): boolean {
    const { root } = this.environment;
    return root.get(this.made) !== undefined && root.get(this.madeBefore) === undefined;
  }

  /** Gives how many records and subjects a home has: as of the snapshot, or of the running transaction. */
  of(home: string, snapshot?: Transaction): Count {
    const changed = snapshot === undefined ? this.changed.get(home) : undefined;
    if (changed !== undefined) return changed;
    return this.table.get(home, snapshot && { transaction: snapshot }) ?? NONE;
  }

  /** Gives how many records a subject has: as `of`. */
  ofSubject(prefix: string, snapshot?: Transaction): number {
    return Number(this.subjects.get(prefix, snapshot && { transaction: snapshot }) ?? 0);
  }

  /** Notes that a record of a subject came, of a guest with null. In its transaction. */
  enter(home: string, prefix: string | null): void {
    const others = prefix === null ? null : this.ofSubject(prefix);
    if (prefix !== null) void this.subjects.put(prefix, others! + 1);
    this.add(home, 1, others === 0 ? 1 : 0);
  }

  /** Notes that a record of a subject went, of a guest with null. In its transaction. */
  leave(home: string, prefix: string | null): void {
    const others = prefix === null ? null : this.ofSubject(prefix) - 1;
    if (prefix !== null) void (others! > 0 ? this.subjects.put(prefix, others!) : this.subjects.remove(prefix));
    this.add(home, -1, others === 0 ? -1 : 0);
  }

  /** Notes that a record went, of a subject that cannot be told. In its transaction. */
  lose(home: string): void {
    this.add(home, -1, 0);
  }

  /** Notes that an app has left a home. In a transaction. */
  drop(home: string): void {
    this.changed.set(home, NONE);
  }

  /** Counts a home anew. In a transaction. */
  recount(home: string, sessions: Sessions): void {
    const records = [...sessions.getKeys(under(home))].length;
    for (const key of [...this.subjects.getKeys(under(home))]) if (isSubject(key)) this.subjects.removeSync(key);
    const subjects = [...this.numberSubjects(under(home))].length;
    this.changed.set(home, [records, subjects]);
  }

  /** Tells whether the counts of a home are those of its records. */
  areRight(home: string, sessions: Database<unknown, string>, transaction: Transaction): boolean {
    const [records, subjects] = this.of(home, transaction);
    if (sessions.getKeysCount({ ...under(home), transaction }) !== records) return false;
    let found = 0;
    let subject = '';
    let missing = 0;
    // The number of a subject stands before its entries.
    for (const { key, value } of this.subjects.getRange({ ...under(home), transaction })) {
      if (isSubject(key) && missing === 0) {
        found++;
        subject = key;
        missing = Number(value);
      } else if (prefixOf(key) === subject && missing > 0) missing--;
      else return false;
    }
    return missing === 0 && found === subjects;
  }

  /** Notes for each subject in a range how many records it has. Gives the subjects. In a transaction. */
  private *numberSubjects(range: { start?: string; end?: string }): Generator<string> {
    let prefix = '';
    let records = 0;
    let next: object = range;
    for (;;) {
      const keys = [...this.subjects.getKeys({ ...next, limit: SLICE })];
      for (const key of keys) {
        if (isSubject(key)) continue;
        if (prefixOf(key) !== prefix) {
          if (records > 0) this.subjects.putSync(prefix, records);
          if (records > 0) yield prefix;
          prefix = prefixOf(key);
          records = 0;
        }
        records++;
      }
      if (keys.length < SLICE) break;
      next = { ...range, start: keys.at(-1), exclusiveStart: true };
    }
    if (records > 0) this.subjects.putSync(prefix, records);
    if (records > 0) yield prefix;
  }

  /** Removes the counts of an earlier version: it would take old numbers for true. */
  private forgetBefore(): void {
    const { root } = this.environment;
    const name = `${this.namespace}:counts`;
    if ([...root.getKeys({ start: name, limit: 1 })][0] === name)
      this.environment.openTable(name, 'msgpack').clearSync();
    root.removeSync(this.madeBefore);
  }

  private add(home: string, records: number, subjects: number): void {
    const [before, subjectsBefore] = this.of(home);
    this.changed.set(home, [before + records, subjectsBefore + subjects]);
  }

  private write(): void {
    const changed = [...this.changed];
    this.changed.clear();
    for (const [home, count] of changed) {
      void (count[0] === 0 && count[1] === 0 ? this.table.remove(home) : this.table.put(home, count));
    }
  }
}
