/** One certificate for all sides that speak TLS: of the kind that is usual now, ECDSA with P-256. */
import { makeAuthority } from '../packages/server/test/support/certificates.ts';
import { temporaryFolder } from './process.ts';
import type { Bench } from './workload.ts';

/** Makes a certificate for 127.0.0.1; gives the paths of it and of its key. */
export function certificate(bench: Pick<Bench, 'after'>): { readonly cert: string; readonly key: string } {
  return makeAuthority(temporaryFolder(bench)).issue('server', '/CN=127.0.0.1', 'IP:127.0.0.1');
}
