/** The composition root of `rest-sessions doctor` and `stats`: configuration → a look at its store. Needs no server, and disturbs none. */

import { existsSync } from 'node:fs';
import { type Config, openNote } from './config.ts';
import { credentialFindings } from './doctor/credentials.ts';
import { machineFindings, nodeNote } from './doctor/machine.ts';
import type { AppSummary, AuditFinding, AuditOptions } from './stores/audit.ts';
import { dataFolderOf } from './stores/data-folder.ts';
import type { Finding } from './stores/finding.ts';
import { openAudit } from './stores/open-audit.ts';
import { statisticsOf } from './stores/open-statistics.ts';
import type { StoreStatistics } from './stores/statistics.ts';

export type { AppSummary, AuditFinding, StoreStatistics };

/** Audits the store of a configuration. Errors: what the engine says, when it cannot be opened or read. */
export async function examineStore(
  { store, namespace, storeTimeout: timeout, redis }: Config,
  options: AuditOptions,
): Promise<AppSummary[]> {
  const audit = await openAudit(store, { namespace, timeout, redis, repair: options.repair });
  try {
    return await audit.run(options);
  } finally {
    await audit.close();
  }
}

/** Gives what is to be changed around the store: the machine, keys, certificates, the policy file. `now`: epoch milliseconds. */
export function examineSurroundings(config: Config, now: number): Finding[] {
  const { maxConcurrent, store } = config;
  const folder = dataFolderOf(store);
  const dataFolder = folder !== null && existsSync(folder) ? folder : null;
  return [...machineFindings({ maxConcurrent, dataFolder }), ...credentialFindings(config, now)];
}

/** Gives what is no fault, but should be known, in sentences. */
export function notesOn(config: Config, now: number): string[] {
  return [openNote(config), nodeNote(process.version, now)].filter((note) => note !== null);
}

/** Gives what the store of a configuration holds. Errors: in a sentence. */
export function storeStatistics({ store, namespace, storeTimeout: timeout, redis }: Config): Promise<StoreStatistics> {
  return statisticsOf(store, { namespace, timeout, redis });
}
