/** What `npm run events` leaves: one file in bench/results, from which docs/performance.md takes its table. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import { RESULTS } from '../results.ts';
import { findingsTable } from '../table.ts';
import type { Finding } from '../workload.ts';

export interface EventsResults {
  /** When it began: ISO 8601. */
  readonly date: string;
  readonly size: { readonly rounds: number; readonly seconds: number };
  readonly machine: Machine;
  readonly findings: readonly Finding[];
}

const FILE = join(RESULTS, 'events.json');

export function keepEvents(results: EventsResults): void {
  writeFileSync(FILE, `${JSON.stringify(results, null, 1)}\n`);
}

/** What docs/performance.md says of events. */
export function eventsTable(): string {
  if (!existsSync(FILE)) return 'Not measured yet.\n';
  const { date, size, findings } = JSON.parse(readFileSync(FILE, 'utf8')) as EventsResults;
  const when = `Measured on ${date.slice(0, 10)}, ${size.rounds} rounds of ${size.seconds} s.`;
  const notes = findings.filter(({ note }) => note !== '').map(({ note }) => `- ${note}`);
  return [when, '', findingsTable(findings), histogram(findings), ...notes, '', nearCacheTable(), lossTable()].join(
    '\n',
  );
}

/** What `npm run near-cache` has found. Absence: an empty text before the first run. */
function nearCacheTable(): string {
  const file = join(RESULTS, 'near-cache.json');
  if (!existsSync(file)) return '';
  const { findings } = JSON.parse(readFileSync(file, 'utf8')) as Pick<EventsResults, 'findings'>;
  return findingsTable(findings);
}

/** What `npm run events-loss` has found, a line for each store. Absence: an empty text before the first run. */
function lossTable(): string {
  const file = join(RESULTS, 'events-loss.json');
  if (!existsSync(file)) return '';
  const columns = ['failures', 'changes', 'lost', 'disordered', 'invented', 'doubled'];
  const stores = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, number>>);
  const rows = stores.map(([store, found]) => `| ${store} | ${columns.map((name) => found[name]).join(' | ')} |`);
  return [`| store | ${columns.join(' | ')} |`, `|---|${columns.map(() => '---:').join('|')}|`, ...rows, ''].join('\n');
}

/** The lags, as the share of events that came within each time. */
function histogram(findings: readonly Finding[]): string {
  const lags = findings.filter(({ details }) => 'upTo' in details);
  if (lags.length === 0) return '';
  const edges = lags[0]!.details.edges as readonly number[];
  const head = `| came within | ${edges.map((edge) => `${edge} ms`).join(' | ')} |`;
  const rows = lags.map(({ what, details }) => {
    const upTo = details.upTo as readonly number[];
    const all = Math.max(...upTo, 1);
    return `| ${what.replace(', p99', '')} | ${upTo.map((count) => `${((100 * count) / all).toFixed(1)} %`).join(' | ')} |`;
  });
  return [head, `|---|${edges.map(() => '---:').join('|')}|`, ...rows, ''].join('\n');
}
