/**
 * Headers that decide something and came twice. Node joins the values of some and drops the second of others, so a log
 * out would end nothing, or the wrong key would count: such a request is refused, and the answer names the header.
 * If-Match and If-None-Match are lists, which may come in several lines (RFC 9110, section 5.3). Not here: Host,
 * Content-Length and Transfer-Encoding, which Node's parser and sockets/head-checks.ts refuse.
 */
import { isOwnToken } from '../../core/token.ts';
import { invalid } from '../operation/faults.ts';
import { type C, headerOf } from '../operation/request-head.ts';

const ONCE: ReadonlyMap<string, string> = new Map(
  ['Authorization', 'Content-Type', 'Idempotency-Key', 'Session-Lock', 'Session-Token'].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);
const LENGTHS = new Set([...ONCE.keys()].map((name) => name.length));

/** Errors: `invalid_request`. */
export function refuseRepeatedHeaders(c: C): void {
  const seen = new Set<string>();
  const raw = c.env.incoming?.rawHeaders ?? [];
  for (let i = 0; i < raw.length; i += 2) {
    // The length of a name already tells that most headers are none of these.
    if (!LENGTHS.has(raw[i]!.length)) continue;
    const name = ONCE.get(raw[i]!.toLowerCase());
    if (name === undefined) continue;
    if (seen.has(name)) throw repeated(name);
    seen.add(name);
  }
  const token = headerOf(c, 'Session-Token');
  if (token?.includes(',') && isJoined(token)) throw repeated('Session-Token');
  // A lock has no comma.
  if (headerOf(c, 'Session-Lock')?.includes(',')) throw repeated('Session-Lock');
}

/**
 * Tells whether a proxy has made one line of two. A token that a caller chose may hold a comma, but no space; and a list of
 * tokens of ours is no token.
 */
function isJoined(token: string): boolean {
  return /,[ \t]|[ \t],/.test(token) || token.split(',').every(isOwnToken);
}

function repeated(name: string) {
  return invalid([{ in: 'header', at: name, rule: 'once', message: `the header ${name} must be given once` }]);
}
