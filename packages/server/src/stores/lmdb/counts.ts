/**
 * How many records each app has, kept in the transactions that write and remove them: so a quota is exact whoever else
 * writes, and costs a look-up. Records that have expired and are not swept yet are among them: who needs the number of live
 * sessions sweeps what is due first. Rejected: counting when it is asked for, which takes a second for a million sessions.
 *
 * A store that an earlier version wrote has no counts: they are made when it is opened.
 */
import type { Database } from 'lmdb';
import type { Environment } from './environment.ts';
import { under } from './keys.ts';

export class Counts {
  /** App → records. None: no entry. Absence: undefined where a store without counts is opened for reading alone. */
  readonly table: Database<number, string>;
  private readonly environment: Environment;
  /** Where the root notes that they were made. */
  private readonly made: string;

  constructor(environment: Environment, namespace: string) {
    this.environment = environment;
    // No colon: a name with one is a table to those who open the tables of other namespaces.
    this.made = `counted ${namespace}`;
    this.table = environment.openTable(`${namespace}:counts`, 'msgpack');
  }

  /** Makes the counts of a store that has none. */
  make(sessions: Database<unknown, string>): void {
    if (this.isMade()) return;
    this.environment.root.transactionSync(() => {
      const counts = new Map<string, number>();
      for (const key of sessions.getKeys()) {
        const app = key.slice(0, key.indexOf(':'));
        counts.set(app, (counts.get(app) ?? 0) + 1);
      }
      for (const [app, count] of counts) this.table.putSync(app, count);
      this.environment.root.putSync(this.made, 1);
    });
  }

  isMade(): boolean {
    return this.environment.root.get(this.made) !== undefined;
  }

  /** Gives how many records an app has. In a transaction. */
  of(app: string): number {
    return this.table.get(app) ?? 0;
  }

  /** Notes that records came or went. In their transaction. */
  add(app: string, records: number): void {
    const count = this.of(app) + records;
    void (count === 0 ? this.table.remove(app) : this.table.put(app, count));
  }

  /** Counts an app anew. In a transaction. */
  recount(app: string, sessions: Database<unknown, string>): void {
    this.add(app, sessions.getKeysCount(under(app)) - this.of(app));
  }
}
