/**
 * What readers see of the results: the plots beside them, and the parts of README.md, docs/performance.md and docs/operations/workers.md between
 * `<!-- NAME -->` and `<!-- /NAME -->`. All of it follows from the files of bench/results; `npm run check` compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { consoleTable } from './console/results.ts';
import { eventsTable } from './events/results.ts';
import { figures } from './figures.ts';
import { growthPlot, historyPlot, latencyPlot, peersPlot, runtimesPlot } from './plots/all.ts';
import { goals } from './plots/goals.ts';
import { soakPlot } from './plots/soak.ts';
import { allResults, caption, isPart, partResults, type Results } from './results.ts';
import { STORES, soakOf } from './soak/results.ts';
import { soakTable } from './soak/table.ts';
import { findingsTable, pagesTable, partTable } from './table.ts';

/** Gives each file that follows from the results, by its path in the repository. */
export function reportFiles(): Record<string, string> {
  const all = allResults().map(withoutParts);
  const latest = all.at(-1)!;
  const growth = partResults('growth');
  const soaks = STORES.map(soakOf).filter((soak) => soak !== null);
  return {
    'README.md': withParts('README.md', { figures: figures(latest) }),
    'docs/performance.md': withParts('docs/performance.md', {
      run: runInWords(latest),
      findings: findingsTable(latest.findings),
      platforms: pagesTable(partResults('platforms')),
      express: pagesTable(partResults('express')),
      workers: partTable(partResults('workers')),
      events: eventsTable(),
      console: consoleTable(),
    }),
    'docs/operations/workers.md': withParts('docs/operations/workers.md', { soak: soakTable(soaks) }),
    ...Object.fromEntries(soaks.map((soak) => [`bench/results/soak-${soak.store}.svg`, soakPlot(soak)])),
    'bench/results/peers.svg': peersPlot(latest),
    'bench/results/latency.svg': latencyPlot(latest),
    'bench/results/runtimes.svg': runtimesPlot(latest),
    ...(growth && { 'bench/results/growth.svg': growthPlot(growth) }),
    'bench/results/history.svg': historyPlot(all),
    'bench/results/goals.svg': goals(latest.findings, caption(latest)),
  };
}

/** Files of earlier runs have the parts, too. */
function withoutParts(results: Results): Results {
  return { ...results, findings: results.findings.filter(({ target }) => !isPart(target)) };
}

/** Writes them. */
export function draw(): void {
  for (const [path, text] of Object.entries(reportFiles())) writeFileSync(inRepository(path), text);
}

function withParts(path: string, parts: Record<string, string>): string {
  let text = readFileSync(inRepository(path), 'utf8');
  for (const [name, part] of Object.entries(parts)) {
    const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${path} has no part between ${begin.trim()} and ${end}`);
    text = `${text.slice(0, from + begin.length)}${part}${text.slice(to)}`;
  }
  return text;
}

function runInWords(results: Results): string {
  const missing = (results.missing ?? []).map((line) => `- ${line}\n`).join('');
  return `Latest run: ${caption(results)}.\n${missing === '' ? '' : `\nNot measured in it:\n\n${missing}`}`;
}

function inRepository(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
