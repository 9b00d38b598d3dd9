/** The walk over the records of an app, one after the other. The next part is on its way while this one is looked at. */
import type { SessionStore } from '../core/store.ts';
import type { RecordsPage, StoredSession } from '../core/stored-session.ts';
import { patiently } from './patience.ts';

/** Records that are asked for at once. */
const PART = 1000;

export class RecordWalk {
  private readonly store: Pick<SessionStore, 'records'>;
  private readonly app: string;
  private readonly clock: () => number;
  private part: readonly StoredSession[] = [];
  private at = 0;
  private next: Promise<RecordsPage> | null;

  constructor(store: Pick<SessionStore, 'records'>, app: string, clock: () => number) {
    this.store = store;
    this.app = app;
    this.clock = clock;
    this.next = this.ask(null);
  }

  /** The record that the walk is at, without asking the store. Absence: null where it is to be asked (`peek`). */
  get held(): StoredSession | null {
    return this.part[this.at] ?? null;
  }

  /** Gives the record that the walk is at. Absence: null at the end. */
  async peek(): Promise<StoredSession | null> {
    while (this.held === null && this.next !== null) {
      const { records, cursor } = await this.next;
      this.part = records;
      this.at = 0;
      this.next = cursor === null ? null : this.ask(cursor);
    }
    return this.held;
  }

  /** Goes one on. */
  take(): void {
    this.at++;
  }

  private ask(cursor: string | null): Promise<RecordsPage> {
    const page = patiently(() => this.store.records(this.app, cursor, PART, this.clock()));
    // It is told to who takes it, which may be a while later.
    page.catch(() => {});
    return page;
  }
}
