/**
 * Headers that decide something and came twice. Node joins the values of some and drops the second of others, so a log
 * out would end nothing, or the wrong key would count: such a request is refused, and the answer names the header.
 * If-Match and If-None-Match are lists, which may come in several lines (RFC 9110, section 5.3). Not here: Host,
 * Content-Length and Transfer-Encoding, which Node's parser and sockets/head-checks.ts refuse.
 */
import { isOwnToken } from '../../core/token.ts';
import { invalid } from '../operation/faults.ts';
import { type C, headerOf } from '../operation/request-head.ts';

const ONCE = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'Last-Event-ID',
  'Session-Lock',
  'Session-Token',
] as const;
const LOWER: readonly string[] = ONCE.map((name) => name.toLowerCase());
/** Whether one of them is so long: that already tells that most headers are none of them. */
const LENGTHS: readonly boolean[] = Array.from({ length: 16 }, (_, length) =>
  LOWER.some((name) => name.length === length),
);

const NONE: readonly string[] = [];

/** `only`: the names to look at. Absence: undefined for all of them. Errors: `invalid_request`. */
export function refuseRepeatedHeaders(c: C, only?: ReadonlySet<string>): void {
  /** A bit for each that was seen. */
  let seen = 0;
  const raw = c.env.incoming?.rawHeaders ?? NONE;
  for (let i = 0; i < raw.length; i += 2) {
    if (LENGTHS[raw[i]!.length] !== true) continue;
    const at = LOWER.indexOf(raw[i]!.toLowerCase());
    if (at < 0 || only?.has(ONCE[at]!) === false) continue;
    if ((seen & (1 << at)) !== 0) throw repeated(ONCE[at]!);
    seen |= 1 << at;
  }
  if (only?.has('Session-Token') === false) return;
  const token = headerOf(c, 'Session-Token');
  if (token?.includes(',') && isJoined(token)) throw repeated('Session-Token');
  // A lock has no comma.
  if (only === undefined && headerOf(c, 'Session-Lock')?.includes(',')) throw repeated('Session-Lock');
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
