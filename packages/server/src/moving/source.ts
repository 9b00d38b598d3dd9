/**
 * Where sessions come from that another server or library wrote: the one shape that all sources have, and how a kind of source is
 * described. A source reads and judges; what it finds goes into the store by moving/importer.ts, whichever source it is.
 */
import type { StoredSession } from '../core/stored-session.ts';
import type { LeftReason } from './left.ts';

export interface Source {
  /** Where it reads, in words: `the Redis at 127.0.0.1:6379/0, namespace rs`. Without passwords, tokens and secrets. */
  readonly name: string;
  /** How many steps `read` will give, about: for the progress bar. Absence: null when that is not known before. */
  total(): Promise<number | null>;
  /**
   * Waits until it is certain that it is of its kind, where that is known later than `open` ends: what comes through a pipe. Absence:
   * undefined where `open` knows. Errors: as those of `open`.
   */
  begin?(): Promise<void>;
  /**
   * Gives what there is, one after the other, in an order that is the same each time. `after`: the position of the last step that
   * needs not come again; null for the beginning. Positions before it may come again (installing is idempotent).
   * What is found is ready to be installed: names, texts, timeouts and data are checked by the rules of core, ids are drawn
   * from the token (token.ts: importedCredential), and a session whose deadline has passed may be given as it is.
   * Errors: WrongSource, when what is read is not of this kind, or not whole; any other error when it cannot be read now.
   */
  read(after: string | null): AsyncIterable<Found>;
  /**
   * Told of a session that the store has for certain, with the very record that `read` gave: removes it where it was, if it is
   * still what was read. Absence: undefined when it is to stay, which is the default of every kind.
   */
  remove?(record: StoredSession): Promise<Removed>;
  /** Lets go of files and connections. May be called at any moment, also while `read` waits; then that ends. */
  close(): Promise<void>;
}

/**
 * What became of a session that was to be removed where it was. `gone`: it had been ended there meanwhile. `kept`: it is there, and
 * is none any more that we could take. A record: it was used there meanwhile, so this is how it stands now, and nothing was removed.
 */
export type Removed = 'removed' | 'gone' | 'kept' | StoredSession;

/** A step of reading. `position`: opaque text without secrets from which `read` goes on. */
export type Found =
  | {
      readonly kind: 'session';
      readonly record: StoredSession;
      readonly position: string;
      /** The source has judged it by all rules of core (checked-record.ts), so nobody needs to again. Absence: it has not. */
      readonly isJudged?: true;
    }
  | {
      readonly kind: 'left';
      readonly reason: LeftReason;
      /** Which one it was: an id, a user, a number of a line, a key name WITHOUT its token. Shown to people. */
      readonly example: string;
      readonly position: string;
    }
  /** Nothing for the store, but the way has gone on: a page without sessions. */
  | { readonly kind: 'passed'; readonly position: string };

/** What was named as a source is none of its kind, or not whole. The message is one sentence, for people. The command ends with 2. */
export class WrongSource extends Error {
  override readonly name = 'WrongSource';
}

/** A kind of source, as the command and its help know it: an entry of moving/kinds.ts. */
export interface SourceKind {
  /** What follows `--from KIND:`, as usage shows it: `redis://HOST:PORT/DB`, `FILE|-`. */
  readonly where: string;
  /** What it reads, for --help: one line of at most 78 characters, without its name. */
  readonly text: string;
  /** `needed`: sessions of this kind have no app, so --app names the one to put them in. `filter`: they have, and --app takes one of them. */
  readonly app: 'needed' | 'filter';
  /** Options beside --app that this kind has, by name without `--`. An option that another kind has, too, means the same there. */
  readonly options: Readonly<Record<string, SourceOption>>;
  /**
   * Opens it. Reads no more than is needed to say that it is of this kind. Errors: WrongSource; UsageFault for options that do
   * not fit together; any other error when it cannot be opened now.
   */
  readonly open: (where: string, given: Given) => Promise<Source>;
}

/** An option of a kind. */
export interface SourceOption {
  /** How usage shows its value: `PATH`. Absence: null for a switch. */
  readonly value: string | null;
  /** What it does, for --help: one line. */
  readonly text: string;
}

/** What the person who imports has said. */
export interface Given {
  /** Of --app, checked. Absence: null; never for a kind that needs it. */
  readonly app: string | null;
  /** Gives the text of an option of this kind. Absence: undefined when it is not given. */
  readonly text: (option: string) => string | undefined;
  readonly has: (option: string) => boolean;
  /** Units: epoch milliseconds. */
  readonly clock: () => number;
}

/** Options that do not fit, or a value that is none. The message is one sentence that names the option. The command ends with 2. */
export class UsageFault extends Error {
  override readonly name = 'UsageFault';
}
