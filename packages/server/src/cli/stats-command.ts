/** `rest-sessions stats`: what a store holds, while servers use it. */
import { showUrl } from '../config.ts';
import { type StoreStatistics, storeStatistics } from '../doctor.ts';
import { fail, print, whyOf } from './output.ts';
import { configuredFor } from './store-option.ts';

/** Shows it. Gives the exit code. `store`: a store URL in the place of RS_STORE. */
export async function runStats(
  environment: NodeJS.ProcessEnv,
  { store, json }: { readonly store: string | undefined; readonly json: boolean },
): Promise<number> {
  const config = configuredFor(environment, store);
  if (typeof config === 'number') return config;
  const shown = showUrl(config.store);
  try {
    const found = await storeStatistics(config);
    return print(json ? `${JSON.stringify({ store: shown, ...found }, null, 2)}\n` : asText(shown, found));
  } catch (error) {
    return fail(`${shown} cannot be read: ${whyOf(error as Error)}`);
  }
}

function asText(store: string, { apps, engine }: StoreStatistics): string {
  const rows = apps.map(({ app, sessions, subjects }) => [app, `${sessions}`, `${subjects}`]);
  const total = [
    'all',
    ...(['sessions', 'subjects'] as const).map((of) => `${apps.reduce((sum, app) => sum + app[of], 0)}`),
  ];
  const table = [['app', 'sessions', 'subjects'], ...rows, ...(rows.length > 1 ? [total] : [])];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
  const facts = engine.flatMap(({ where, facts }) => [
    '',
    where,
    ...Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`),
  ]);
  return `${[store, '', ...(rows.length === 0 ? ['no sessions'] : lines), ...facts].join('\n')}\n`;
}
