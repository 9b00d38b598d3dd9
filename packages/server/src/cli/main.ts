#!/usr/bin/env node
/** The command: which subcommand, and the exit code. 0: done. 1: failed. 2: wrong use or configuration. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runDoctor } from './doctor-command.ts';
import { help } from './help.ts';
import { runKeys } from './keys-command.ts';
import { runServe } from './serve-command.ts';

async function main(args: string[]): Promise<number> {
  if (args[0] === 'keys') return runKeys(args.slice(1), process.env);
  let options: { help?: boolean; version?: boolean; store?: string; repair?: boolean; json?: boolean };
  let positionals: string[];
  try {
    ({ values: options, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        store: { type: 'string' },
        repair: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    }));
  } catch (error) {
    return misuse((error as Error).message.split('\n', 1)[0]!);
  }
  if (options.help) {
    process.stdout.write(help());
    return 0;
  }
  if (options.version) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const [command = 'serve', ...rest] = positionals;
  if (rest.length > 0) return misuse(`unknown command: ${positionals.join(' ').slice(0, 80)}`);
  const { store, repair = false, json = false } = options;
  if (command === 'doctor') return runDoctor(process.env, { store, repair, json });
  if (command !== 'serve') return misuse(`unknown command: ${command.slice(0, 80)}`);
  if (store !== undefined || repair || json) return misuse('--store, --repair and --json belong to doctor');
  return runServe(process.env);
}

function misuse(message: string): number {
  process.stderr.write(`rest-sessions: ${message}\nTry: rest-sessions --help\n`);
  return 2;
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

process.exitCode = await main(process.argv.slice(2));
