/** The composition root of `rest-sessions doctor` and `stats`: configuration → a look at its store. Needs no server, and disturbs none. */
import type { Config } from './config.ts';
import type { AppSummary, AuditFinding, AuditOptions } from './stores/audit.ts';
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

/** Gives what the store of a configuration holds. Errors: in a sentence. */
export function storeStatistics({ store, namespace, storeTimeout: timeout, redis }: Config): Promise<StoreStatistics> {
  return statisticsOf(store, { namespace, timeout, redis });
}
