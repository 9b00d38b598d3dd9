/** What a data folder holds: look-ups alone, however many sessions there are. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreStatistics } from '../statistics.ts';
import { appOf } from './keys.ts';
import { OpenFailure } from './open-failure.ts';
import { assertPresent } from './own-files.ts';
import { Tables } from './tables.ts';

/** Errors: OpenFailure, for a folder or namespace without a store. It makes neither. */
export async function lmdbStatistics(path: string, namespace: string): Promise<StoreStatistics> {
  const file = join(path, 'data.mdb');
  assertPresent(path);
  const tables = new Tables(path, namespace, { readOnly: true });
  try {
    if (tables.sessions === undefined) throw new OpenFailure(`no store under the namespace ${namespace} in ${path}`);
    if (tables.counts.table === undefined || !tables.counts.isMade()) {
      throw new OpenFailure(
        `the store in ${path} is of an earlier version, and not counted yet: start a server on it once`,
      );
    }
    tables.environment.openOthers(namespace);
    const apps = [...tables.counts.table.getRange({})].map(({ key, value: [sessions, subjects] }) => ({
      app: appOf(key),
      sessions,
      subjects,
    }));
    // An older store has no table of them.
    const { journals } = tables;
    const journalsOf = journals.heads === undefined ? [] : journals.apps();
    const left = tables.homes.leftovers().reduce((sum, { records }) => sum + records, 0);
    const sizesOf = journalsOf.map((app) => {
      const { events, bytes } = journals.head(app);
      return { app, events, bytes };
    });
    return {
      apps,
      journals: sizesOf,
      engine: [{ where: file, facts: { ...tables.environment.size(), ...sizes(file, left) } }],
    };
  } finally {
    await tables.close();
  }
}

function sizes(file: string, left: number): Record<string, number> {
  return { 'file bytes': statSync(file).size, 'ended sessions still in the file': left };
}
