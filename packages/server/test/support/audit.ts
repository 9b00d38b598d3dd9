/** The audit that `doctor` makes, for tests: the faults of a store, one line each. */
import type { Audit } from '../../src/stores/audit.ts';

/** Gives what is wrong; empty when index and sessions agree. Settings of the engine are not its subject. */
export async function faultsOf(audit: Audit): Promise<string[]> {
  const faults: string[] = [];
  await audit.run({
    repair: false,
    onFinding: ({ kind, code, where, message }) => kind === 'fault' && faults.push(`${code}: ${where}: ${message}`),
    onProgress: () => {},
  });
  return faults;
}
