/**
 * Reads the words of a command by its definition, and says what is wrong with them in plain words. An option given twice is refused: the
 * second one would count, and could widen what the first one said. Values are not quoted: one could be a key in the wrong place.
 */
import { parseArgs } from 'node:util';
import { nearest, VARIABLES } from '../config.ts';
import type { CommandDefinition, Options, Words } from './definition.ts';
import { nameOf, optionOf, optionsOf, type Slot, slotsOf } from './usage.ts';

/** Wrong use. The message is one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type { Words };

/** What of the words names the verb, wherever it stands among options. Absence: null when it is missing, or is none of the command. */
export function verbIn(
  command: CommandDefinition,
  args: readonly string[],
): { verb: string; rest: readonly string[] } | null {
  if (Object.hasOwn(command.verbs, '')) return { verb: '', rest: args };
  const first = tokensOf(args, optionsOf(command)).find(({ kind }) => kind === 'positional');
  const verb = first === undefined ? undefined : args[first.index];
  if (first === undefined || verb === undefined || verb === '' || !Object.hasOwn(command.verbs, verb)) return null;
  return { verb, rest: args.toSpliced(first.index, 1) };
}

/** Reads the words after the name of a command. Errors: UsageError. */
export function readArguments(command: CommandDefinition, args: readonly string[]): { verb: string; given: Words } {
  const found = verbIn(command, args);
  if (found === null) throw new UsageError(noVerb(command, args));
  const { verb, rest } = found;
  const { options } = command.verbs[verb]!;
  const label = nameOf(command, verb);
  const texts = new Map<string, string>();
  const words: string[] = [];
  for (const token of tokensOf(rest, options)) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    const shown = `--${token.name}`;
    if (option === undefined) throw new UsageError(unknownOption(label, token.rawName, token.name, options));
    if (texts.has(token.name)) throw new UsageError(`${shown} is given twice`);
    if (option.value === null && token.inlineValue) throw new UsageError(`${shown} takes no value`);
    // One hyphen is standard input or output.
    const isMissing = !token.value || (!token.inlineValue && /^-./.test(token.value));
    if (option.value !== null && isMissing) throw new UsageError(`${shown} needs a value: ${shown}=VALUE`);
    texts.set(token.name, token.value ?? '');
  }
  const wrong = wrongWords(label, slotsOf(command, verb), words, options) ?? missingOptions(label, options, texts);
  if (wrong !== null) throw new UsageError(wrong);
  return { verb, given: { text: (name) => texts.get(name), has: (name) => texts.has(name), words } };
}

function tokensOf(args: readonly string[], options: Options) {
  const types = Object.entries(options).map(
    ([name, { value }]) => [name, { type: value === null ? 'boolean' : 'string' }] as const,
  );
  return parseArgs({ args: [...args], strict: false, tokens: true, options: Object.fromEntries(types) }).tokens;
}

/** Absence: null when the words are as many as the verb takes, and among those it takes. */
function wrongWords(label: string, slots: readonly Slot[], words: readonly string[], options: Options): string | null {
  const least = slots.filter(({ isOptional }) => !isOptional).length;
  const most = slots.some(({ isRow }) => isRow) ? Number.POSITIVE_INFINITY : slots.length;
  if (words.length < least || words.length > most) {
    if (slots.length === 0 && Object.keys(options).length === 0) return `${label} takes no words after it`;
    if (slots.length === 0) return `${label} takes options only; there is a word too many after it`;
    const needed = slots.map(
      ({ shown, isOptional, isRow }) => `${isRow ? 'one or more' : isOptional ? 'at most one' : 'one'} ${shown}`,
    );
    return `${label} needs ${needed.join(', ')}, and there are ${words.length}`;
  }
  const odd = slots.find(({ choices }, i) => choices !== null && words[i] !== undefined && !choices.includes(words[i]));
  return odd === undefined ? null : `${label} needs one of ${odd.choices!.join(', ')}`;
}

/** Absence: null when all are there that the verb needs. */
function missingOptions(label: string, options: Options, texts: ReadonlyMap<string, string>): string | null {
  const missing = Object.entries(options)
    .filter(([name, { required }]) => required && !texts.has(name))
    .map(([name, option]) => optionOf(name, option));
  if (missing.length === 0) return null;
  return `${label} needs ${missing.length === 1 ? missing[0] : `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}`}`;
}

function noVerb(command: CommandDefinition, args: readonly string[]): string {
  const verbs = Object.keys(command.verbs);
  const word = args.find((arg) => !arg.startsWith('-')) ?? '';
  // Another word could be a key.
  const meant = /^[a-z-]{1,20}$/.test(word) ? nearest(word, verbs) : null;
  const choice = verbs.length === 1 ? verbs[0] : `${verbs.slice(0, -1).join(', ')} and ${verbs.at(-1)}`;
  return meant === null
    ? `${command.name} needs one of ${choice}`
    : `${command.name} has no verb ${word}; did you mean ${meant}?`;
}

function unknownOption(label: string, raw: string, name: string, options: Options): string {
  if (!/^--?[A-Za-z][A-Za-z0-9-]{0,30}$/.test(raw)) return `${label} has no such option`;
  const variables = Object.values(VARIABLES).map((variable) => variable.name as string);
  const asVariable = `RS_${name.toUpperCase().replaceAll('-', '_')}`;
  const variable = variables.includes(asVariable) ? asVariable : nearest(asVariable, variables);
  const option = nearest(name, Object.keys(options));
  const hint =
    option !== null
      ? `; did you mean --${option}?`
      : variable !== null
        ? `; set the environment variable ${variable}`
        : '';
  return `${label} has no option ${raw}${hint}`;
}
