/** The composition root of `rest-sessions doctor`: configuration → the audit of its store. Needs no server, and disturbs none. */
import type { Config } from './config.ts';
import type { AppSummary, AuditFinding, AuditOptions } from './stores/audit.ts';
import { openAudit } from './stores/open-audit.ts';

export type { AppSummary, AuditFinding };

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
