/**
 * Whether a request comes from the console's own page. SameSite=Strict keeps the cookie from other sites, and not from neighbours under
 * the same domain; they are told apart by what the browser says of where a request began. There is no CSRF token (decision 58):
 * a page cannot set these headers, nor send JSON to another origin without asking it first.
 */
import { JSON_TYPE } from '../message/body.ts';
import { Refusal } from '../message/problem.ts';
import type { Call } from '../message/route.ts';

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** `none`: somebody has typed the address. */
const OWN_READ: ReadonlySet<string | undefined> = new Set([undefined, 'same-origin', 'none']);

/** Refuses what another page sent, and what a form can send. Errors: `forbidden`. */
export function refuseForeign({ req, env }: Call): void {
  const { headers: sent } = env.incoming ?? {};
  const header = (name: string) => (sent === undefined ? req.header(name) : (sent[name] as string | undefined));
  const site = header('sec-fetch-site');
  if (SAFE.has(req.method)) {
    if (!OWN_READ.has(site)) throw foreign();
    return;
  }
  if (site === undefined ? !isOwnOrigin(header('origin'), header('host')) : site !== 'same-origin') throw foreign();
  const hasBody = (header('content-length') ?? '0') !== '0' || header('transfer-encoding') !== undefined;
  const mediaType = (header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (mediaType === JSON_TYPE || (req.method === 'DELETE' && !hasBody && mediaType === '')) return;
  throw new Refusal('forbidden', `a request that changes something must be ${JSON_TYPE}`, {});
}

function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  const from = /^https?:\/\/([^/]+)$/i.exec(origin ?? '')?.[1];
  return from !== undefined && host !== undefined && bare(from) === bare(host);
}

/** Browsers leave out the usual ports, and so may a proxy. */
function bare(authority: string): string {
  return authority.toLowerCase().replace(/:(?:80|443)$/, '');
}

function foreign(): Refusal {
  return new Refusal('forbidden', 'only the page of the console itself may send this (Sec-Fetch-Site, Origin)', {});
}
