/** What the usage of a verb says: which words it takes, and how it is called with its options. */
import type { CommandDefinition, OptionDefinition, VerbDefinition } from './definition.ts';

/** A word, or a row of them, that a verb takes after its name. */
export interface Slot {
  /** As the usage has it, without brackets and `…`. */
  readonly shown: string;
  readonly isOptional: boolean;
  /** Whether there may be more than one. */
  readonly isRow: boolean;
  /** Absence: null when any word will do. */
  readonly choices: readonly string[] | null;
}

/** `keys create`: the words that name the verb. */
export function nameOf(command: CommandDefinition, verb: string): string {
  return verb === '' ? command.name : `${command.name} ${verb}`;
}

export function slotsOf(command: CommandDefinition, verb: string): readonly Slot[] {
  const names = new Set([command.name, `[${command.name}]`, verb]);
  const words = command.verbs[verb]!.usage.split(' ').filter((word) => !names.has(word));
  return words.map((word) => {
    const isOptional = word.startsWith('[');
    const bare = isOptional ? word.slice(1, -1) : word;
    const isRow = bare.endsWith('…');
    const shown = isRow ? bare.slice(0, -1) : bare;
    return { shown, isOptional, isRow, choices: /^[a-z0-9|-]+$/.test(shown) ? shown.split('|') : null };
  });
}

/** Gives the call of a verb with all its options, those first that it needs: `keys revoke NAME [--file PATH]`. */
export function callOf({ usage, options }: VerbDefinition): readonly string[] {
  const all = Object.entries(options);
  const [needed, others] = [all.filter(([, option]) => option.required), all.filter(([, option]) => !option.required)];
  return [
    usage,
    ...needed.map(([name, option]) => optionOf(name, option)),
    ...others.map(([name, option]) => `[${optionOf(name, option)}]`),
  ];
}

/** `--file PATH`, or `--json`. */
export function optionOf(name: string, { value }: OptionDefinition): string {
  return value === null ? `--${name}` : `--${name} ${value}`;
}

/** Gives the options of all verbs of a command, each once. */
export function optionsOf({ verbs }: CommandDefinition): Readonly<Record<string, OptionDefinition>> {
  return Object.assign({}, ...Object.values(verbs).map(({ options }) => options));
}
