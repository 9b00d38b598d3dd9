/** What `npm run console-figures` leaves: one file in bench/results, from which docs/performance.md takes its table. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import { RESULTS } from '../results.ts';
import { findingsTable } from '../table.ts';
import type { Finding } from '../workload.ts';

export interface ConsoleResults {
  /** When it began: ISO 8601. */
  readonly date: string;
  readonly sessions: number;
  /** How long events came while memory was looked at. */
  readonly minutes: number;
  readonly machine: Machine;
  readonly findings: readonly Finding[];
}

const FILE = join(RESULTS, 'console.json');

export function keepConsole(results: ConsoleResults): void {
  writeFileSync(FILE, `${JSON.stringify(results, null, 1)}\n`);
}

/** What docs/performance.md says of the console. */
export function consoleTable(): string {
  if (!existsSync(FILE)) return 'Not measured yet.\n';
  const { date, sessions, minutes, findings } = JSON.parse(readFileSync(FILE, 'utf8')) as ConsoleResults;
  const size = sessions.toLocaleString('en-US');
  const when = `Measured on ${date.slice(0, 10)} in Chromium, with ${size} sessions on each store, and ${minutes} minutes of events.`;
  const notes = findings.filter(({ note }) => note !== '').map(({ note }) => `- ${note}`);
  return [when, '', `${findingsTable(findings).trimEnd()}\n`, ...notes, ''].join('\n');
}
