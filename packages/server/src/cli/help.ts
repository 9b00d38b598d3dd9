/** The texts of --help: of all commands, of one, and of a verb, from their definitions; the variables come from their table. */
import { VARIABLES, type Variable } from '../config.ts';
import type { CommandDefinition, Example, OptionDefinition } from './definition.ts';
import { COMMANDS } from './definitions/index.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { callOf, optionOf, optionsOf } from './usage.ts';
import { wrap } from './wrap.ts';

/** Units: characters. */
const WIDTH = 100;

export function help(): string {
  const widest = Math.max(...[...COMMANDS.keys()].map((name) => name.length));
  const commands = [...COMMANDS.values()].map(({ name, summary }) =>
    wrap(`${name.padEnd(widest)}  ${summary}`, WIDTH, 2, widest + 4),
  );
  return `rest-sessions: the login-session server that every stack can use

Usage: rest-sessions [COMMAND [VERB] [WORD…] [--OPTION…]]
       rest-sessions COMMAND [VERB] --help | --help | --version

${commands.join('\n')}

${variables()}
${exitCodes()}
`;
}

/** The help of a command, or of a verb of it. `verb`: '' for the command. */
export function helpOf(command: CommandDefinition, verb: string): string {
  const only = command.verbs[verb];
  return only === undefined ? helpOfCommand(command) : helpOfVerb(command, verb);
}

function helpOfCommand(command: CommandDefinition): string {
  const verbs = Object.entries(command.verbs);
  const calls = verbs.map(([, { usage, options }]) => {
    const needed = Object.entries(options).filter(([, { required }]) => required);
    const some = Object.keys(options).length > needed.length ? ['[--OPTION…]'] : [];
    return [usage, ...needed.map(([name, option]) => optionOf(name, option)), ...some];
  });
  const widest = Math.max(...verbs.map(([name]) => name.length));
  const deeds = verbs.map(([name, { text }]) => wrap(`${name.padEnd(widest)}  ${text}`, WIDTH, 2, widest + 4));
  return sections([
    usageOf(calls),
    sentences(command),
    deeds.join('\n'),
    optionList(optionsOf(command), (name) => {
      const having = verbs.filter(([, { options }]) => Object.hasOwn(options, name)).map(([verb]) => verb);
      return having.length === verbs.length ? '' : `${having.join(', ')}: `;
    }),
    examples(verbs.flatMap(([, verb]) => verb.examples)),
  ]);
}

function helpOfVerb(command: CommandDefinition, verb: string): string {
  const definition = command.verbs[verb]!;
  return sections([
    usageOf([callOf(definition)]),
    verb === '' ? sentences(command) : wrap(definition.text, WIDTH),
    optionList(definition.options, () => ''),
    examples(definition.examples),
    command.name === 'serve' ? variables() : '',
  ]);
}

/** `backup writes the store …` and what there is to say beyond that. */
function sentences({ name, summary, text }: CommandDefinition): string {
  return wrap(`${name}: ${summary}.\n\n${text}`, WIDTH);
}

function sections(parts: readonly string[]): string {
  return `${[...parts.filter((part) => part !== ''), exitCodes()].map((part) => part.trimEnd()).join('\n\n')}\n`;
}

/** Options are not broken apart from their values. */
function usageOf(calls: readonly (readonly string[])[]): string {
  return calls
    .map((words, i) => {
      const lead = i === 0 ? 'Usage: rest-sessions ' : '       rest-sessions ';
      const lines = [lead + words[0]];
      const inner = ' '.repeat(lead.length + words[0]!.length);
      for (const word of words.slice(1)) {
        if (lines.at(-1)!.length + 1 + word.length <= WIDTH) lines[lines.length - 1] += ` ${word}`;
        else lines.push(`${inner.slice(0, 30)} ${word}`);
      }
      return lines.join('\n');
    })
    .join('\n');
}

function optionList(options: Readonly<Record<string, OptionDefinition>>, note: (name: string) => string): string {
  const entries = Object.entries(options).map(
    ([name, option]) => [optionOf(name, option), note(name) + option.text] as const,
  );
  if (entries.length === 0) return '';
  // A long one has a line for itself, so that the others need not go as far to the right.
  const widest = Math.min(26, Math.max(...entries.map(([shown]) => shown.length)));
  const lines = entries.map(([shown, text]) =>
    shown.length > widest
      ? `  ${shown}\n${wrap(text, WIDTH, widest + 4, widest + 4)}`
      : wrap(`${shown.padEnd(widest)}  ${text}`, WIDTH, 2, widest + 4),
  );
  return `Options:\n${lines.join('\n')}`;
}

function examples(all: readonly Example[]): string {
  if (all.length === 0) return '';
  return `Examples:\n${all.map(({ line, text }) => `  ${line}\n      ${text}`).join('\n')}`;
}

function variables(): string {
  const lines = Object.values(VARIABLES).map((variable: Variable) => {
    const fallback = variable.default === '' ? 'not set' : variable.default;
    return `  ${variable.name.padEnd(20)} ${variable.allowed} [${fallback}]\n`;
  });
  return `Configuration, by environment variables: what is allowed [default]. What each means is on the page\n/docs/guides/configuration of a running server, and in docs/configuration.md.\n${lines.join('')}`;
}

function exitCodes(): string {
  const codes = Object.entries(EXIT_CODES).map(([code, text]) => `${code} ${text}`);
  return wrap(`Exit codes: ${codes.join(', ')}.`, WIDTH);
}
