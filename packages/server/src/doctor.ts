/** The composition root of `rest-sessions doctor` and `stats`: configuration → a look at its store. Needs no server, and disturbs none. */

import { existsSync } from 'node:fs';
import { lookAtOldSide } from './adopting/look.ts';
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
  const { maxConcurrent, maxStreams, store } = config;
  const folder = dataFolderOf(store);
  const dataFolder = folder !== null && existsSync(folder) ? folder : null;
  return [...machineFindings({ maxConcurrent, maxStreams, dataFolder }), ...credentialFindings(config, now)];
}

/** Gives what is wrong with the configuration. `faults`: as readWithFaults tells them. */
export function configurationFindings(faults: readonly string[]): Finding[] {
  return faults.map((fault) => {
    const where = /^RS_\w+/i.exec(fault)?.[0] ?? 'the environment';
    const message = `a server that starts now would refuse it: ${fault}`;
    return { kind: 'setting', code: 'configuration', where, message };
  });
}

/** Gives what is no fault, but should be known, in sentences. `faults`: of the configuration; with one, who may call may not be known. */
export function notesOn(config: Config, faults: readonly string[], now: number): string[] {
  const open = faults.length === 0 ? openNote(config) : null;
  return [open, nodeNote(process.version, now)].filter((note) => note !== null);
}

/** Gives what is wrong with the Redis that sessions are taken over from. Absence: empty, also where none are. */
export async function examineOldSide({ adopt, redis, storeTimeout }: Config): Promise<Finding[]> {
  if (adopt === null) return [];
  const why = await lookAtOldSide(adopt, redis.tls, storeTimeout).then(
    () => null,
    (error: unknown) => (error as Error).message,
  );
  if (why === null) return [];
  const message = `it does not answer (${why}), so tokens that open nothing here are answered 503`;
  return [{ kind: 'state', code: 'adopt-away', where: `${adopt.shown} (RS_ADOPT)`, message }];
}

/**
 * Gives what the store of a configuration holds, and what is left where sessions are taken over from. Errors: in a sentence; that the
 * latter does not answer is none.
 */
export async function storeStatistics(config: Config): Promise<StoreStatistics> {
  const { store, namespace, storeTimeout: timeout, redis, adopt } = config;
  const found = await statisticsOf(store, { namespace, timeout, redis });
  if (adopt === null) return found;
  const facts = await lookAtOldSide(adopt, redis.tls, timeout).then(
    ({ left, underWay }): Record<string, number | string> => ({ 'sessions left': left, 'on their way': underWay }),
    (error: unknown) => ({ 'sessions left': `not known: ${(error as Error).message}` }),
  );
  return { ...found, engine: [...found.engine, { where: `${adopt.shown} (RS_ADOPT)`, facts }] };
}
