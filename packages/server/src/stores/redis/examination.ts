/** Asks each master of a Redis about itself. What its answer means is in health.ts. */
import type { Finding } from '../finding.ts';
import { judge, unseen } from './health.ts';
import type { ScriptCalls } from './script-calls.ts';

/**
 * Gives what may cost sessions, of every master. `clock`: what time it is here, to be compared. Errors: `store_unavailable`, when one
 * cannot be asked.
 */
export async function examine(
  calls: ScriptCalls,
  wait: number,
  clock: (() => number) | null = null,
): Promise<Finding[]> {
  const masters = await calls.masters();
  const findings = masters.map(async ({ name, send }) => {
    try {
      const info = String(await send('INFO', []));
      return judge(info, name, wait, clock?.() ?? null);
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      if (cause instanceof Error && cause.message.startsWith('NOPERM')) return [unseen(name)];
      throw error;
    }
  });
  return (await Promise.all(findings)).flat();
}
