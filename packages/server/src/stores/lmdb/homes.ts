/**
 * Where the records of an app stand: its home, with which all their keys begin. It is the app itself until the app has ended
 * with very many sessions. Then the app moves to another home, in one small transaction: what stands in the home before is
 * gone for everybody at that instant, whatever is created later stands in the new one, and what is left in the old one is
 * removed behind, in small slices (leftovers.ts). No key of the old home is ever read, changed or counted again.
 *
 * Rejected: an epoch in each record. Lists, counts and the sweep would then walk over all that has ended, until it is removed.
 */
import type { Database, Transaction } from 'lmdb';
import type { Environment } from './environment.ts';
import { appOf, homeOf, nthHome } from './keys.ts';

/** A home that was left, and how many records are still in it. */
export interface Leftover {
  readonly home: string;
  readonly records: number;
}

/** The keys of `table` are apps, and homes with this behind. */
const LEFT = ':left';

export class Homes {
  /** App → the number of its home; none: the first. Home:left → records. Absence: undefined in an older store that is only read. */
  readonly table: Database<number, string> | undefined;
  private readonly environment: Environment;
  private readonly known = new Map<string, string>();
  private knownIn = -1;

  constructor(environment: Environment, namespace: string) {
    this.environment = environment;
    this.table = environment.openTable(`${namespace}:homes`, 'msgpack');
  }

  /** Gives the home of an app: as of the snapshot, or of the state that the running turn or transaction sees. */
  of(app: string, snapshot?: Transaction): string {
    if (snapshot !== undefined) return nthHome(app, this.table?.get(app, { transaction: snapshot }) ?? 0);
    if (this.knownIn !== this.environment.state) this.known.clear();
    this.knownIn = this.environment.state;
    let home = this.known.get(app);
    if (home === undefined) {
      home = nthHome(app, this.table?.get(app) ?? 0);
      this.known.set(app, home);
    }
    return home;
  }

  /** Tells whether a key begins with the home that its app has. */
  hasKey(key: string, snapshot?: Transaction): boolean {
    const home = homeOf(key);
    return this.of(appOf(home), snapshot) === home;
  }

  /** Moves an app to a new home. Gives the old one. In a transaction. */
  leave(app: string, records: number): string {
    const home = this.of(app);
    void this.table!.put(app, (this.table!.get(app) ?? 0) + 1);
    void this.table!.put(home + LEFT, records);
    this.known.delete(app);
    return home;
  }

  /** Gives the homes that are not empty yet. */
  leftovers(): Leftover[] {
    const entries = [...(this.table?.getRange({}) ?? [])];
    const left = entries.filter(({ key }) => key.endsWith(LEFT));
    return left.map(({ key, value }) => ({ home: key.slice(0, -LEFT.length), records: value }));
  }

  /** Notes that records of an old home were removed. In a transaction. */
  removed(home: string, records: number): void {
    const left = this.table!.get(home + LEFT);
    if (left !== undefined) void this.table!.put(home + LEFT, Math.max(0, left - records));
  }

  /** Notes that nothing is left in an old home. In a transaction. */
  emptied(home: string): void {
    void this.table!.remove(home + LEFT);
  }

  /** Lets apps that have nothing anywhere begin again in their first home, so that they leave no trace. In a transaction. */
  tidy(isEmpty: (home: string) => boolean): void {
    const keys = [...this.table!.getKeys({})];
    const busy = new Set(keys.filter((key) => key.endsWith(LEFT)).map((key) => appOf(homeOf(key))));
    for (const app of keys.filter((key) => !key.endsWith(LEFT))) {
      if (busy.has(app) || !isEmpty(this.of(app)) || !isEmpty(app)) continue;
      void this.table!.remove(app);
      this.known.delete(app);
    }
  }

  /** Tells whether there is anything for `tidy` to look at. */
  isPlain(): boolean {
    return this.table === undefined || this.table.getKeysCount({ limit: 1 }) === 0;
  }
}
