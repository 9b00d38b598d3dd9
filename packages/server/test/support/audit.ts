/** The audit that `doctor` makes, for tests: the faults of a store, one line each. */
import type { Audit } from '../../src/stores/audit.ts';
import { RedisAudit } from '../../src/stores/redis/audit.ts';
import type { TlsFiles } from '../../src/stores/redis/connection.ts';

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

/** The same of a Redis, which is audited from outside. */
export async function faultsOfRedis(from: { url: string; namespace: string; tls?: TlsFiles }): Promise<string[]> {
  const audit = new RedisAudit({ tls: {}, ...from, timeout: 20_000, replicas: 0, settle: 100 });
  try {
    return await faultsOf(audit);
  } finally {
    await audit.close();
  }
}
