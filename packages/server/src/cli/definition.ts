/**
 * What a command is, in one place: from its definition come the reading of its words, --help, the manual page (scripts/manual.ts) and
 * the completions of shells. Nothing of it is written twice. A definition loads no store and no client: those come with `load`.
 *
 * Texts are plain sentences; where lines break in them means nothing, an empty line begins a new paragraph.
 */

export interface OptionDefinition {
  /** What stands for the value, as it is shown: `FILE`, `APP,…`. Absence: null for a switch. */
  readonly value: string | null;
  readonly text: string;
  /** What a shell may offer for the value: names of files, or these. Others are taken, too. */
  readonly complete?: 'file' | readonly string[];
  /** Whether the verb cannot do without it. Absence: it can. */
  readonly required?: true;
}

export type Options = Readonly<Record<string, OptionDefinition>>;

export interface Example {
  /** As somebody types it, `rest-sessions` included. */
  readonly line: string;
  readonly text: string;
}

export interface VerbDefinition {
  /**
   * The words after `rest-sessions`, without options: `sessions end ID…`. What is written in capitals stands for any word, and `FILE` for
   * the name of a file; `bash|zsh|fish` is one of these; `…` is one or more; `[…]` may be left out. How many words a verb takes comes from here.
   */
  readonly usage: string;
  readonly text: string;
  readonly options: Options;
  readonly examples: readonly Example[];
}

/** What somebody said, read by the definition of the verb. */
export interface Words {
  /** The text of an option. Absence: undefined when it is not given. */
  readonly text: (name: string) => string | undefined;
  readonly has: (name: string) => boolean;
  /** The words that are no options, without the names of the command and of the verb. */
  readonly words: readonly string[];
}

/** What `load` gives. */
export interface CommandModule {
  /** Runs a verb whose words have been read. `verb`: '' for a command without verbs. Gives the exit code. Errors: UsageError. */
  run(verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number>;
}

export interface CommandDefinition {
  readonly name: string;
  /** One line, which goes on from the name: `makes API keys, lists them and takes them back`. */
  readonly summary: string;
  readonly text: string;
  /** By name; a command without verbs has one whose name is ''. An option has the same kind (switch or value) in all verbs of a command. */
  readonly verbs: Readonly<Record<string, VerbDefinition>>;
  /** Loads what the command does, when it is wanted. */
  readonly load: () => Promise<CommandModule>;
}
