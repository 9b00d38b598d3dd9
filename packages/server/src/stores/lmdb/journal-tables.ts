/** The tables of journals and histories. No entry is in them, and none is looked for, as long as no app has either. */
import type { Database } from 'lmdb';
import type { Environment } from './environment.ts';
import { EMPTY, type Head, packHead, unpackHead } from './journal-block.ts';

type BytesTable = Database<Buffer, string>;

/** Absence: each table is undefined in an older store that is only read. */
export class JournalTables {
  readonly heads: BytesTable;
  readonly blocks: BytesTable;
  readonly history: BytesTable;

  constructor(environment: Environment, namespace: string) {
    this.heads = environment.openTable(`${namespace}:journals`, 'binary');
    this.blocks = environment.openTable(`${namespace}:journal`, 'binary');
    this.history = environment.openTable(`${namespace}:history`, 'binary');
  }

  get tables() {
    return { journals: this.heads, journal: this.blocks, history: this.history };
  }

  /** Gives the head of the journal of an app: an empty one where there is none. */
  head(app: string): Head {
    const bytes = this.heads.get(app);
    return bytes === undefined ? EMPTY : unpackHead(bytes);
  }

  /** In a transaction. */
  putHead(app: string, head: Head): void {
    void this.heads.put(app, packHead(head));
  }

  /** Gives the apps that have a journal, in order. */
  apps(): string[] {
    return [...this.heads.getKeys({})].filter((key) => !key.includes(':'));
  }
}
