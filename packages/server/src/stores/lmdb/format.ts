/**
 * The format of a namespace (../format.ts), an entry of the file's root. A server notes it when it opens the store. It is looked at
 * again with each write, and every now and then for reads: a server that runs when a newer version opens the same folder
 * answers no request of the store from then on, because it would not see all that the newer one has counted.
 */
import { newerFormat } from '../format.ts';
import type { Environment } from './environment.ts';
import { openFailure } from './open-failure.ts';
import { isFull } from './room.ts';

/**
 * The format that this version notes when it opens a store. 1: records of form 1, or of the first builds. 2: records of form 2. 3: homes
 * (homes.ts), and counts of subjects. None of the versions that wrote 1 and 2 noted it.
 */
export const FORMAT = 3;

/**
 * 4: a journal or a history, which a version before would leave out when it ends a session. Noted with the first event: a store
 * without them can be opened by the version before.
 */
export const JOURNAL_FORMAT = 4;

/** The highest that this version reads. */
export const KNOWN_FORMAT = JOURNAL_FORMAT;

export class Format {
  private readonly environment: Environment;
  private readonly namespace: string;
  private readonly path: string;
  /** No colon: a name with one is a table to those who open the tables of other namespaces. */
  private readonly entry: string;

  /** Whether there is a journal or a history, as of the last look at the folder, or before the running transaction. */
  hasJournal = false;

  /** Errors: OpenFailure, when a newer version has written the store. */
  constructor(environment: Environment, path: string, namespace: string) {
    this.environment = environment;
    this.path = path;
    this.namespace = namespace;
    this.entry = `format ${namespace}`;
    environment.guardedBy(() => this.fault());
  }

  /** Gives what is noted. Absence: null in a store of a version that noted nothing, and in a new one. */
  noted(): number | string | null {
    return this.environment.root.get(this.entry) ?? null;
  }

  /** As `newerFormat`. */
  fault(): string | null {
    const { namespace, path: store } = this;
    const format = this.noted();
    this.hasJournal = Number(format) >= JOURNAL_FORMAT;
    return newerFormat({ store, namespace, format, known: KNOWN_FORMAT });
  }

  /** Notes the format of this version, unless another process has noted a newer one since. On a full disk the next start does. */
  note(): void {
    if (Number(this.noted()) >= FORMAT) return;
    try {
      this.environment.root.transactionSync(() => {
        if (this.fault() === null) this.environment.root.putSync(this.entry, FORMAT);
      });
    } catch (error) {
      if (!isFull(error)) throw openFailure(`the store in ${this.path} cannot be written`, error);
    }
  }

  /** Notes that there is a journal or a history from now on. In a transaction. */
  noteJournal(): void {
    if (this.hasJournal) return;
    void this.environment.root.put(this.entry, JOURNAL_FORMAT);
    // What is not committed is looked at again before the next transaction.
    this.hasJournal = true;
  }
}
