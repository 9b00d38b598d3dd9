/** Store URL → its audit. The counterpart of open-store.ts, for `rest-sessions doctor`. */

import type { Audit } from './audit.ts';
import { dataFolderOf } from './data-folder.ts';
import { assertPresent } from './lmdb/own-files.ts';
import type { StoreOptions } from './open-store.ts';

/** How long one step may take, whatever a request may: a subject with very many sessions is one step. Units: milliseconds. */
const PATIENCE = 10_000;

export interface AuditTarget extends Omit<StoreOptions, 'onError' | 'clock'> {
  readonly repair: boolean;
}

/** Opens the audit of a store. Errors: a store that is not there, or that no other process can look into. */
export async function openAudit(url: string, { namespace, timeout, redis, repair }: AuditTarget): Promise<Audit> {
  if (url === 'memory:') throw new Error('a store in memory is in its server, and nobody else can look into it');
  if (url.startsWith('redis')) {
    const { RedisAudit } = await import('./redis/audit.ts');
    const { tls = {}, wait } = redis;
    const patience = Math.max(PATIENCE, timeout);
    return new RedisAudit({ url, namespace, timeout: patience, tls, replicas: wait, settle: timeout });
  }
  const path = dataFolderOf(url)!;
  // The engine would make one.
  assertPresent(path);
  const { openLmdbAudit } = await import('./lmdb/audit.ts');
  return openLmdbAudit(path, namespace, repair);
}
