/**
 * What a request is turned away for by its head alone, before anything is done for it: what the parser lets through
 * although RFC 9112 does not, what is too long, and whom it speaks to (guards/host-rule.ts).
 */
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../../core/errors.ts';
import type { HostRule } from '../guards/host-rule.ts';

/** Units: bytes. */
export const MAX_TARGET = 8192;

/** Checks the head of a request. `hosts`: null on a server with keys. Absence: null when the request may go on. */
export function faultOfHead(incoming: IncomingMessage, hosts: HostRule | null): ServiceError | null {
  const { url, httpVersionMajor, httpVersionMinor, headers, rawHeaders } = incoming;
  if (httpVersionMajor !== 1) return badRequest('the request line must end with HTTP/1.1 or HTTP/1.0');
  if (url !== undefined && url.length > MAX_TARGET) {
    return new ServiceError('uri_too_long', `the request target must not exceed ${MAX_TARGET} bytes`);
  }
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    return badRequest('Transfer-Encoding must be chunked; a compressed body is said by Content-Encoding');
  }
  if (headers.expect !== undefined && httpVersionMinor > 0 && headers.expect.trim().toLowerCase() !== '100-continue') {
    return new ServiceError('expectation_failed', 'the only expectation that is met is 100-continue');
  }
  if (count > 1 || (count === 0 && httpVersionMinor > 0)) return badRequest('the request must have one Host header');
  return hosts === null ? null : hosts.check(incoming);
}

function badRequest(message: string): ServiceError {
  return new ServiceError('bad_request', message);
}
