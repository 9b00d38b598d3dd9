/** Asks each master of a Redis about itself. What its answer means is in health.ts. */
import type { Finding } from '../finding.ts';
import { judge, unseen } from './health.ts';
import { infoOfMasters } from './masters-info.ts';
import type { ScriptCalls } from './script-calls.ts';

/**
 * Gives what may cost sessions, of every master. `compareClocks`: whether theirs are held against the one here. Errors:
 * `store_unavailable`, when one cannot be asked.
 */
export async function examine(calls: ScriptCalls, wait: number, compareClocks = false): Promise<Finding[]> {
  const masters = await infoOfMasters(calls);
  return masters.flatMap(({ name, info, at }) =>
    info === null ? [unseen(name)] : judge(info, name, wait, compareClocks ? at : null),
  );
}
