/** What `npm run console-figures` leaves: one file in bench/results, from which docs/performance.md takes its table. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import { RESULTS } from '../results.ts';
import { findingsTable } from '../table.ts';
import type { Finding } from '../workload.ts';

interface Measured {
  /** When it began: ISO 8601. */
  readonly date: string;
  readonly sessions: number;
  readonly machine: Machine;
  readonly findings: readonly Finding[];
}

/** Each part is of the last run that measured it. Absence: no such run yet. */
export interface ConsoleResults {
  readonly times?: Measured;
  /** `minutes`: how long events came while memory was looked at. */
  readonly memory?: Measured & { readonly minutes: number };
}

const FILE = join(RESULTS, 'console.json');

export function keepConsole<Part extends keyof ConsoleResults>(part: Part, results: ConsoleResults[Part]): void {
  writeFileSync(FILE, `${JSON.stringify({ ...kept(), [part]: results }, null, 1)}\n`);
}

function kept(): ConsoleResults {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as ConsoleResults) : {};
}

/** What docs/performance.md says of the console. */
export function consoleTable(): string {
  const { times, memory } = kept();
  const told = [
    ...(times === undefined ? [] : [`${whenOf(times)}.`, ...tableOf(times)]),
    ...(memory === undefined
      ? []
      : [`${whenOf(memory)}, and ${memory.minutes} minutes of events.`, ...tableOf(memory)]),
  ];
  return told.length === 0 ? 'Not measured yet.\n' : told.join('\n');
}

function whenOf({ date, sessions }: Measured): string {
  return `Measured on ${date.slice(0, 10)} in Chromium, with ${sessions.toLocaleString('en-US')} sessions on each store`;
}

function tableOf({ findings }: Measured): string[] {
  const notes = findings.filter(({ note }) => note !== '').map(({ note }) => `- ${note}`);
  return ['', `${findingsTable(findings).trimEnd()}\n`, ...notes, ''];
}
