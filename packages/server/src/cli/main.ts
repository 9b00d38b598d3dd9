#!/usr/bin/env node
/** The command: which subcommand by the table of definitions, and the exit code (exit-codes.ts). */
import { packageVersion } from '../assets.ts';
import { nearest } from '../config.ts';
import { readArguments, UsageError, verbIn } from './arguments.ts';
import type { CommandDefinition } from './definition.ts';
import { COMMANDS } from './definitions/index.ts';
import { help, helpOf } from './help.ts';
import { leave } from './leave.ts';
import { misuse, print } from './output.ts';

const HELP = new Set(['--help', '-h']);

async function main(args: readonly string[]): Promise<number> {
  const [first = 'serve', ...others] = args;
  if (HELP.has(first)) return print(help());
  if (first === '--version' || first === '-v') return print(`${packageVersion()}\n`);
  if (first === 'help') return main([...others.slice(0, 2), '--help']);
  const named = COMMANDS.get(first);
  if (named === undefined && !first.startsWith('-'))
    return misuse([unknownCommand(first)], 'Try: rest-sessions --help\n');
  const command = named ?? COMMANDS.get('serve')!;
  const rest = named === undefined ? args : others;
  if (rest.some((word) => HELP.has(word))) return print(helpOf(command, verbIn(command, rest)?.verb ?? ''));
  return run(command, rest);
}

/** What a command does is loaded when it is wanted: a health check every few seconds needs no store. */
async function run(command: CommandDefinition, args: readonly string[]): Promise<number> {
  try {
    const { verb, given } = readArguments(command, args);
    return await (await command.load()).run(verb, given, process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const verb = verbIn(command, args)?.verb ?? '';
    return misuse([error.message], `Try: rest-sessions ${[command.name, verb, '--help'].filter(Boolean).join(' ')}\n`);
  }
}

/** Only what could be a word is quoted: another could be a key. */
function unknownCommand(word: string): string {
  if (!/^[A-Za-z][A-Za-z-]{0,30}$/.test(word)) return 'unknown command';
  const meant = nearest(word, [...COMMANDS.keys()]);
  return `unknown command: ${word}${meant === null ? '' : `; did you mean ${meant}?`}`;
}

// Not left to the event loop: the channel of a cluster's worker, or a pipe that nobody reads, would keep it going.
// No `await` of a module: the single executable is a script.
void main(process.argv.slice(2)).then((code) => leave(code));
