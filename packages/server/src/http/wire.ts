/** Domain ⇄ JSON: the only place with wire names and wire units. */
import { EMPTY_DATA, type Session } from '../core/session.ts';

/**
 * Writes the classic form of a session: compact, members in the fixed order that textual clients match. The data is the
 * stored text, not parsed and written again. `idle` in milliseconds.
 */
export function classicSession(session: Session, reads: number, idle: number): string {
  const { subject, version, idleTimeout, ip, data } = session;
  const ttl = idleTimeout === null ? null : Math.floor(idleTimeout / 1000);
  const head = `{"id":${JSON.stringify(subject)},"r":${reads},"w":${version},"ttl":${ttl},"idle":${Math.floor(idle / 1000)}`;
  return `${head},"ip":${JSON.stringify(ip)}${data === EMPTY_DATA ? '' : `,"d":${data}`}}`;
}
