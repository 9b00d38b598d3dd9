/** An embedded store for `npm run scale`: looked into from outside. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Tables } from '../../packages/server/src/stores/lmdb/tables.ts';
import { NAMESPACE } from '../fill.ts';

/** Resolves when nothing is left of the apps that have ended. */
export async function whenRemoved(folder: string): Promise<void> {
  const tables = new Tables(folder, NAMESPACE, { readOnly: true });
  while ((await tables.read(() => tables.homes.leftovers())).length > 0) await delay(100);
  await tables.close();
}

/** Units: bytes. */
export const sizeOf = (folder: string): number => statSync(join(folder, 'data.mdb')).size;
