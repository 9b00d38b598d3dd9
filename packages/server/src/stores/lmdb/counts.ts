/**
 * How many records and how many subjects each app has, kept in the transactions that write and remove them: so a quota is
 * exact whoever else writes, and to ask costs a look-up. Records that have expired and are not swept yet are among them: who
 * needs the number of live sessions takes off what is due (expired.ts). Rejected: counting when it is asked for, which takes
 * seconds for a million sessions.
 *
 * A subject with one record has no number of its own: that would be an entry for nearly every record.
 *
 * A store that an earlier version wrote lacks some of the counts: they are made when it is opened, all at once or not at all.
 */
import type { Database } from 'lmdb';
import type { Environment } from './environment.ts';
import { homeOf, idOf, under } from './keys.ts';

/** What the root notes: which counts were made. The first version that counted had those of records alone. */
const RECORDS = 1;
const SUBJECTS = 2;

type Keys = Pick<Database<unknown, string>, 'getKeys' | 'getKeysCount'>;

export class Counts {
  /** Home → records. None: no entry. Absence: undefined where a store without counts is opened for reading alone. */
  readonly table: Database<number, string>;
  /** Home → subjects; home:fingerprint → records of a subject that has more than one. Absence: as `table`. */
  readonly subjects: Database<number, string>;
  private readonly environment: Environment;
  /** Where the root notes that they were made. */
  private readonly made: string;

  constructor(environment: Environment, namespace: string) {
    this.environment = environment;
    // No colon: a name with one is a table to those who open the tables of other namespaces.
    this.made = `counted ${namespace}`;
    this.table = environment.openTable(`${namespace}:counts`, 'msgpack');
    this.subjects = environment.openTable(`${namespace}:subjectCounts`, 'msgpack');
  }

  /** Makes the counts that a store lacks. */
  make(sessions: Keys, subjects: Keys): void {
    if (this.isMade()) return;
    this.environment.root.transactionSync(() => {
      const made = this.environment.root.get(this.made);
      if (made === SUBJECTS) return;
      if (made !== RECORDS) {
        const counts = new Map<string, number>();
        for (const key of sessions.getKeys({})) counts.set(homeOf(key), (counts.get(homeOf(key)) ?? 0) + 1);
        for (const [home, count] of counts) this.table.putSync(home, count);
      }
      this.countSubjects(subjects.getKeys({}));
      this.environment.root.putSync(this.made, SUBJECTS);
    });
  }

  isMade(): boolean {
    return this.environment.root.get(this.made) === SUBJECTS;
  }

  /** Gives how many records a home has. In a transaction. */
  of(home: string): number {
    return this.table.get(home) ?? 0;
  }

  /** Notes that records came or went. In their transaction. */
  add(home: string, records: number): void {
    addTo(this.table, home, records);
  }

  /** Notes that a subject is to get one more entry in the index. In a transaction. */
  enter(prefix: string, index: Keys): void {
    const records = this.subjects.get(prefix);
    if (records !== undefined) void this.subjects.put(prefix, records + 1);
    else if (isEmpty(index.getKeys({ ...under(prefix), limit: 1 }))) addTo(this.subjects, homeOf(prefix), 1);
    else void this.subjects.put(prefix, 2);
  }

  /** Notes that a subject loses one of its entries in the index. In a transaction. */
  leave(prefix: string): void {
    const records = this.subjects.get(prefix);
    if (records === undefined) addTo(this.subjects, homeOf(prefix), -1);
    else if (records === 2) void this.subjects.remove(prefix);
    else void this.subjects.put(prefix, records - 1);
  }

  /** Notes that an app has left a home. What its subjects have there is left to leftovers.ts. In a transaction. */
  drop(home: string): void {
    void this.table.remove(home);
    void this.subjects.remove(home);
  }

  /** Counts the records of a home anew. In a transaction. */
  recount(home: string, sessions: Keys): void {
    this.add(home, sessions.getKeysCount(under(home)) - this.of(home));
  }

  /** Counts the subjects of a home anew. In a transaction. */
  recountSubjects(home: string, subjects: Keys): void {
    for (const key of [home, ...this.subjects.getKeys(under(home))]) this.subjects.removeSync(key);
    this.countSubjects(subjects.getKeys(under(home)));
  }

  private countSubjects(keys: Iterable<string>): void {
    const homes = new Map<string, number>();
    for (const [prefix, records] of bySubject(keys)) {
      homes.set(homeOf(prefix), (homes.get(homeOf(prefix)) ?? 0) + 1);
      if (records > 1) this.subjects.putSync(prefix, records);
    }
    for (const [home, count] of homes) this.subjects.putSync(home, count);
  }
}

/** Gives each subject of the keys of the index, which stand together, and how many there are. */
export function* bySubject(keys: Iterable<string>): Generator<readonly [prefix: string, records: number]> {
  let prefix = '';
  let records = 0;
  for (const key of keys) {
    const own = key.slice(0, -idOf(key).length - 1);
    if (own !== prefix && records > 0) {
      yield [prefix, records];
      records = 0;
    }
    prefix = own;
    records++;
  }
  if (records > 0) yield [prefix, records];
}

function addTo(table: Database<number, string>, key: string, change: number): void {
  const count = (table.get(key) ?? 0) + change;
  void (count === 0 ? table.remove(key) : table.put(key, count));
}

function isEmpty(keys: Iterable<string>): boolean {
  for (const _ of keys) return false;
  return true;
}
