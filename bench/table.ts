/** The findings as text: one table with a line for each figure, then the notes. */
import { caption, type Results } from './results.ts';
import { type Finding, isReached } from './workload.ts';

const HEADINGS = ['target', 'what', 'goal', 'ours', 'peer', 'ratio', 'spread', 'reached'];

export function table(findings: readonly Finding[]): string {
  const rows = [HEADINGS, ...findings.map(row)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const notes = findings.filter(({ note }) => note !== '').map(({ target, note }) => `${target}: ${note}`);
  return [lines[0], rule, ...lines.slice(1), '', ...notes].map((line) => line!.trimEnd()).join('\n');
}

function row(finding: Finding): string[] {
  const { target, what, ours, peer, ratio, unit } = finding;
  const [least, most] = finding.spread;
  return [
    target,
    what,
    goal(finding),
    amount(ours, unit),
    peer === null ? '–' : `${amount(peer.value, unit)} (${peer.name})`,
    ratio === null ? '–' : number(ratio),
    `${number(least)} … ${number(most)}`,
    isReached(finding) ? 'yes' : 'no',
  ];
}

/** The findings as a table of Markdown; what is missed is bold. */
export function findingsTable(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => {
    const cells = row(finding);
    return `| ${cells.map((cell, i) => (i === 7 ? (cell === 'yes' ? 'yes' : '**no**') : cell)).join(' | ')} |`;
  });
  const rule = HEADINGS.map((_, i) => (i < 2 ? '---' : '---:'));
  return `${[`| ${HEADINGS.join(' | ')} |`, `|${rule.join('|')}|`, ...rows].join('\n')}\n`;
}

const NOT_YET = 'Not measured yet.\n';

/** When and on what a part was measured, its findings, and what is to be said of them. */
export function partTable(results: Results | null): string {
  if (results === null) return NOT_YET;
  return `${caption(results)}.\n\n${findingsTable(results.findings)}\n${notesOf(results)}`;
}

function notesOf({ findings, missing = [] }: Results): string {
  const notes = [...new Set([...findings.map(({ note }) => note), ...missing])].filter((line) => line !== '');
  return notes.map((line) => `- ${line}\n`).join('');
}

/** The findings of page views, a line for each page: its CPU and its p99 stand after each other. */
export function pagesTable(results: Results | null): string {
  if (results === null) return NOT_YET;
  const { findings } = results;
  const rows = findings.flatMap((cpu, i) => {
    const p99 = findings[i + 1];
    if (cpu.unit !== 'µs' || p99 === undefined || cpu.peer === null || p99.peer === null) return [];
    const cells = [cpu.what.split(/[,:]/)[0]!, cpu.peer.name, amount(cpu.ours, 'µs'), amount(cpu.peer.value, 'µs')];
    cells.push(number(cpu.ratio ?? 0), amount(p99.ours, 'ms'), amount(p99.peer.value, 'ms'), number(p99.ratio ?? 0));
    return [`| ${cells.join(' | ')} |`];
  });
  const head = ['page', 'peer', 'CPU', 'of the peer', 'ratio', 'p99', 'of the peer', 'ratio'];
  const rule = `|${head.map((_, i) => (i < 2 ? '---' : '---:')).join('|')}|`;
  return `${[`${caption(results)}.`, '', `| ${head.join(' | ')} |`, rule, ...rows].join('\n')}\n\n${notesOf(results)}`;
}

/** Writes a goal: `≤ 1.7 × peer`, `≥ 10,000 /s`. */
export function goal({ goal: { bound, value }, ratio, unit }: Finding): string {
  const sign = bound === 'at most' ? '≤' : '≥';
  return `${sign} ${Number(value.toFixed(3)).toLocaleString('en-US')} ${ratio === null ? unit : '× peer'}`;
}

export function amount(value: number, unit: string): string {
  return `${number(value)} ${unit}`;
}

/** Three digits say all that a benchmark knows: 1.68, 17.3, 372, 12,345. */
export function number(value: number): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
