/** `rest-sessions stats`: what a store holds, while servers use it. */
import { readForStore, showUrl, VARIABLES } from '../config.ts';
import { type StoreStatistics, storeStatistics } from '../doctor.ts';
import type { Words } from './arguments.ts';
import { fail, print, whyOf } from './output.ts';
import { sheetOf } from './result-list.ts';
import { configuredFor } from './store-option.ts';
import { type Column, type Sheet, Table } from './table.ts';

/** Shows it. Gives the exit code. */
export async function run(_verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const config = configuredFor(environment, given.text('store'), (own) => readForStore(own, [VARIABLES.adopt]));
  if (typeof config === 'number') return config;
  const shown = showUrl(config.store);
  try {
    const found = await storeStatistics(config);
    if (given.has('json'))
      return print(`${JSON.stringify({ store: shown, ...found }, null, 2)}
`);
    return print(asText(shown, found, sheetOf(environment)));
  } catch (error) {
    return fail(`${shown} cannot be read: ${whyOf(error as Error)}`);
  }
}

function asText(store: string, { apps, journals, engine }: StoreStatistics, sheet: Sheet): string {
  const facts = engine.flatMap(({ where, facts }) => [
    '',
    where,
    ...Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`),
  ]);
  const sessions = apps.length === 0 ? 'no sessions\n' : tableOf('app', ['sessions', 'subjects'], apps, sheet);
  const events = journals.length === 0 ? '' : `\n${tableOf('journal', ['events', 'bytes'], journals, sheet)}`;
  return `${store}\n\n${sessions}${events}${facts.map((line) => `${line}\n`).join('')}`;
}

/** Writes a line for each app, and one for all of them where there are several. */
function tableOf<Name extends string>(
  title: string,
  names: readonly Name[],
  apps: readonly (Readonly<Record<Name, number>> & { readonly app: string })[],
  sheet: Sheet,
): string {
  const rows = apps.map((one) => ({ app: one.app, counts: names.map((name) => one[name]) }));
  const all = { app: 'all', counts: names.map((_, i) => rows.reduce((sum, { counts }) => sum + counts[i]!, 0)) };
  const columns: Column<typeof all>[] = [
    { title, of: ({ app }) => app },
    ...names.map((name, i) => ({ title: name, kind: 'number' as const, of: ({ counts }: typeof all) => counts[i] })),
  ];
  return new Table(columns, sheet).lines(rows.length > 1 ? [...rows, all] : rows);
}
