/** The table of docs/operations/workers.md: what of each soak was looked at, at its begin and at its end. */
import { number as digits } from '../table.ts';
import type { Soak } from './results.ts';
import type { Judged } from './verdict.ts';

export function soakTable(soaks: readonly Soak[]): string {
  if (soaks.length === 0) return 'Not measured yet.\n';
  return `${soaks.map(one).join('\n\n')}\n`;
}

function one({ store, date, machine, minutes, requests, perSecond, capacity, judged }: Soak): string {
  const name = store === 'redis' ? 'On Redis' : 'On the embedded store';
  const within = judged.filter(({ isWithin }) => isWithin).length;
  return [
    `${name}, ${date.slice(0, 10)}: ${requests.toLocaleString('en-US')} requests in ${minutes} minutes, ${digits(perSecond)} a second, half of ${digits(capacity)}; ${within} of ${judged.length} figures within their bounds. Load of the machine before: ${digits(machine.load)}; with more than its ${machine.cores} cores, other work ran beside it, which latencies show.`,
    '',
    `![Memory, descriptors, latencies, CPU, data and sessions over the run; flat is good](../../bench/results/soak-${store}.svg)`,
    '',
    '| | first third | last third | at most |',
    '|---|---:|---:|---:|',
    ...judged.map(row),
  ].join('\n');
}

function row({ what, unit, first, last, most, least, isWithin }: Judged): string {
  const isCount = unit === 'sessions' || unit === 'descriptors' || unit === 'requests';
  const number = (value: number) => (isCount ? Math.round(value).toLocaleString('en-US') : digits(value));
  const own = isWithin ? number(last) : `**${number(last)}**`;
  const bound = least === null ? number(most) : `${number(least)} to ${number(most)}`;
  return `| ${what}, ${unit} | ${first === null ? '' : number(first)} | ${own} | ${bound} |`;
}
