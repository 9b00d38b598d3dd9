#!/usr/bin/env node
/** The command: which subcommand, and the exit code. 0: done. 1: failed. 2: wrong use or configuration. */
import { packageVersion } from '../assets.ts';
import { readArguments, UsageError } from './arguments.ts';
import { COMMANDS, type Command, help, helpOf } from './help.ts';
import { leave } from './leave.ts';
import { misuse, print } from './output.ts';

const HELP = new Set(['--help', '-h']);

async function main(args: readonly string[]): Promise<number> {
  const [first = 'serve', ...others] = args;
  if (HELP.has(first)) return print(help());
  if (first === '--version' || first === '-v') return print(`${packageVersion()}\n`);
  if (first === 'help') return main([...others.slice(0, 1), '--help']);
  const isNamed = Object.hasOwn(COMMANDS, first);
  if (!isNamed && !first.startsWith('-')) return misuse([`unknown command: ${first.slice(0, 80)}`], ADVICE);
  const command = isNamed ? (first as Command) : 'serve';
  const rest = isNamed ? others : args;
  if (rest.some((word) => HELP.has(word))) return print(helpOf(command));
  try {
    return await run(command, rest);
  } catch (error) {
    if (error instanceof UsageError) return misuse([error.message], ADVICE);
    throw error;
  }
}

/** Each command is loaded when it is wanted: a health check every few seconds needs no store. Errors: UsageError. */
async function run(command: Command, args: readonly string[]): Promise<number> {
  if (command === 'keys') return (await import('./keys-command.ts')).runKeys(args, process.env);
  if (command === 'health') return (await import('./health-command.ts')).runHealth(args, process.env);
  if (command === 'webhooks') return (await import('./webhooks-command.ts')).runWebhooks(args, process.env);
  if (command === 'import') return (await import('./import-command.ts')).runImport(args, process.env);
  if (command === 'copy') return (await import('./copy-command.ts')).runCopy(args, process.env);
  if (command === 'export') return (await import('./export-command.ts')).runExport(args, process.env);
  if (command === 'doctor') {
    const given = readArguments('doctor', args, { store: 'text', repair: 'switch', quick: 'switch', json: 'switch' });
    if (given.words.length > 0) throw new UsageError('doctor takes options only; there is a word too many after it');
    if (given.has('quick') && given.has('repair'))
      throw new UsageError('--quick looks at no session, so --repair means nothing beside it');
    const options = {
      store: given.text('store'),
      repair: given.has('repair'),
      quick: given.has('quick'),
      json: given.has('json'),
    };
    return (await import('./doctor-command.ts')).runDoctor(process.env, options);
  }
  if (command === 'stats') {
    const given = readArguments('stats', args, { store: 'text', json: 'switch' });
    if (given.words.length > 0) throw new UsageError('stats takes options only; there is a word too many after it');
    const options = { store: given.text('store'), json: given.has('json') };
    return (await import('./stats-command.ts')).runStats(process.env, options);
  }
  if (command === 'backup' || command === 'restore') return backUp(command, args);
  const { words } = readArguments('serve', args, {});
  if (words.length > 0)
    throw new UsageError('serve takes no words after it; it is configured by environment variables');
  return (await import('./serve-command.ts')).runServe(process.env);
}

async function backUp(command: 'backup' | 'restore', args: readonly string[]): Promise<number> {
  const options = { store: 'text', replace: 'switch', json: 'switch' } as const;
  const given = readArguments(command, args, command === 'restore' ? { ...options, check: 'switch' } : options);
  const [file, ...more] = given.words;
  if (file === undefined || more.length > 0)
    throw new UsageError(`${command} needs one FILE, and there are ${given.words.length}`);
  const common = { file, store: given.text('store'), replace: given.has('replace'), json: given.has('json') };
  const commands = await import('./backup-command.ts');
  if (command === 'backup') return commands.runBackup(process.env, common);
  return commands.runRestore(process.env, { ...common, check: given.has('check') });
}

const ADVICE = 'Try: rest-sessions --help\n';

// Not left to the event loop: the channel of a cluster's worker, or a pipe that nobody reads, would keep it going.
// No `await` of a module: the single executable is a script.
void main(process.argv.slice(2)).then((code) => leave(code));
