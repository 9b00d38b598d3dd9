/** What the masters of a Redis say of themselves, for those who judge it and those who show it. */
import type { ScriptCalls } from './script-calls.ts';

/** The answer of one master. `info`: absence: null when the account may not use INFO. */
export interface MasterInfo {
  readonly name: string;
  readonly info: string | null;
  /** When it was answered, on the clock here. Units: epoch milliseconds. */
  readonly at: number;
}

/** Asks each master for INFO. Errors: `store_unavailable`, when one cannot be asked. */
export async function infoOfMasters(calls: ScriptCalls): Promise<MasterInfo[]> {
  const masters = await calls.masters();
  return Promise.all(
    masters.map(async ({ name, send }) => {
      try {
        const info = String(await send('INFO', []));
        return { name, info, at: Date.now() };
      } catch (error) {
        const { cause } = error as { cause?: unknown };
        if (cause instanceof Error && cause.message.startsWith('NOPERM')) return { name, info: null, at: Date.now() };
        throw error;
      }
    }),
  );
}

/** Gives what tells these masters from all others, whatever address they have. Absence: null when one does not tell. Errors: `store_unavailable`. */
export async function identityOfMasters(calls: ScriptCalls): Promise<string | null> {
  const masters = await infoOfMasters(calls);
  const ids = masters.map(({ info }) => /^run_id:(\w+)/m.exec(info ?? '')?.[1]);
  return ids.includes(undefined) ? null : ids.sort().join(' ');
}
