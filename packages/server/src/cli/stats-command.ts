/** `rest-sessions stats`: what a store holds, while servers use it. */
import { showUrl } from '../config.ts';
import { type StoreStatistics, storeStatistics } from '../doctor.ts';
import type { Words } from './arguments.ts';
import { fail, print, whyOf } from './output.ts';
import { configuredFor } from './store-option.ts';

/** Shows it. Gives the exit code. */
export async function run(_verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const config = configuredFor(environment, given.text('store'));
  if (typeof config === 'number') return config;
  const shown = showUrl(config.store);
  try {
    const found = await storeStatistics(config);
    return print(given.has('json') ? `${JSON.stringify({ store: shown, ...found }, null, 2)}\n` : asText(shown, found));
  } catch (error) {
    return fail(`${shown} cannot be read: ${whyOf(error as Error)}`);
  }
}

function asText(store: string, { apps, journals, engine }: StoreStatistics): string {
  const facts = engine.flatMap(({ where, facts }) => [
    '',
    where,
    ...Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`),
  ]);
  const sessions = apps.length === 0 ? ['no sessions'] : tableOf('app', ['sessions', 'subjects'], apps);
  const events = journals.length === 0 ? [] : ['', ...tableOf('journal', ['events', 'bytes'], journals)];
  return `${[store, '', ...sessions, ...events, ...facts].join('\n')}\n`;
}

/** Writes a line for each app, and one for all of them where there are several. */
function tableOf<Name extends string>(
  title: string,
  names: readonly Name[],
  apps: readonly (Readonly<Record<Name, number>> & { readonly app: string })[],
): string[] {
  const rows = apps.map((one) => [one.app, ...names.map((name) => `${one[name]}`)]);
  const all = ['all', ...names.map((name) => `${apps.reduce((sum, one) => sum + one[name], 0)}`)];
  const table = [[title, ...names], ...rows, ...(rows.length > 1 ? [all] : [])];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
}
