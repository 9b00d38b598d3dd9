/**
 * Reads the words of a command, and says what is wrong with them in plain words. An option given twice is refused: the second
 * one would count, and could widen what the first one said. Values are not quoted: one could be a key in the wrong place.
 */
import { parseArgs } from 'node:util';
import { nearest, VARIABLES } from '../config.ts';

/** Wrong use. The message is one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export type Options = Readonly<Record<string, 'text' | 'switch'>>;

export interface Words {
  /** The text of an option. Absence: undefined when it is not given. */
  readonly text: (name: string) => string | undefined;
  readonly has: (name: string) => boolean;
  readonly words: readonly string[];
}

/** Reads the words after the name of a command. Errors: UsageError. */
export function readArguments(command: string, args: readonly string[], options: Options): Words {
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(options).map(([name, type]) => [name, { type: type === 'text' ? 'string' : 'boolean' }]),
    ),
  });
  const given = new Map<string, string>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const type = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    const shown = `--${token.name}`;
    if (type === undefined) throw new UsageError(unknownOption(command, token.rawName, token.name, options));
    if (given.has(token.name)) throw new UsageError(`${shown} is given twice`);
    if (type === 'switch' && token.inlineValue) throw new UsageError(`${shown} takes no value`);
    // One hyphen is standard input or output.
    const isMissing = !token.value || (!token.inlineValue && /^-./.test(token.value));
    if (type === 'text' && isMissing) throw new UsageError(`${shown} needs a value: ${shown}=VALUE`);
    given.set(token.name, token.value ?? '');
  }
  return { text: (name) => given.get(name), has: (name) => given.has(name), words };
}

function unknownOption(command: string, raw: string, name: string, options: Options): string {
  if (!/^--?[A-Za-z][A-Za-z0-9-]{0,30}$/.test(raw)) return `${command} has no such option`;
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
  return `${command} has no option ${raw}${hint}`;
}
