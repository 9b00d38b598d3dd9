/**
 * What protects a server without keys from the pages that are open in a browser of its machine. A page can give its own
 * name the address of this server (DNS rebinding) and is then of the same origin; what it cannot change is the Host that
 * the browser sends. So a Host that a page on the internet can have is refused. A page can also send without being
 * allowed to read the answer; the browser says so in `Sec-Fetch-Site` or `Origin`.
 *
 * A server with keys needs none of this: no page has a key.
 */
import { isIPv6 } from 'node:net';
import { ServiceError } from '../../core/errors.ts';

/** What of a request this looks at: Node's own, or one that a test made. */
export interface Asking {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A host as it is compared: lower case, no final dot, no port. `port`: empty where it is not given. */
interface Authority {
  readonly host: string;
  readonly port: string;
}

const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const GATEWAY = /^\/v1\/apps\/[^/?#]+\/gateway(?:[/?#]|$)/;
const NAME = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;
/** Browsers take a name whose last part is a number for an IPv4 address: no page has such a name. */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

export class HostRule {
  private readonly names: ReadonlySet<string>;
  /** With their dot: of `*.example.com` it is `.example.com`. */
  private readonly endings: readonly string[];

  /** The Host that was last let through: nearly all requests have the same. */
  private usual = '';

  /** `allowed`: names in lower case, or `*.` and a name for all that are under it. */
  constructor(allowed: readonly string[]) {
    this.names = new Set(allowed.filter((name) => !name.startsWith('*.')));
    this.endings = allowed.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
  }

  /** Checks whom a request speaks to, and whose page sent it. Absence: null when it may go on. */
  check({ method, url, headers }: Asking): ServiceError | null {
    if (headers.host === this.usual && url?.startsWith('/') && SAFE_METHODS.has(method)) return null;
    const written = authorityIn(url) ?? headers.host;
    // A client of HTTP/1.0 may send none. A browser always does.
    const own = typeof written === 'string' && written !== '' ? parse(written) : undefined;
    if (own === null)
      return new ServiceError('bad_request', 'the Host of the request is not a host name or an address');
    if (own !== undefined && !this.isAllowed(own.host)) return misdirected();
    if (own !== undefined && url?.startsWith('/')) this.usual = String(written);
    // A proxy asks the gateway with the method of its visitor, whatever that is. It changes nothing by that.
    if (SAFE_METHODS.has(method) || GATEWAY.test(url ?? '')) return null;
    const isCrossSite = /\bcross-site\b/i.test(String(headers['sec-fetch-site'] ?? ''));
    return isCrossSite || this.isForeign(headers.origin, own) ? crossSite() : null;
  }

  private isAllowed(host: string): boolean {
    return isNoInternetName(host) || this.isNamed(host);
  }

  private isNamed(host: string): boolean {
    return this.names.has(host) || this.endings.some((ending) => host.endsWith(ending));
  }

  /** An origin is our own when it has our host and port, or a name that the operator allows. `null` is nobody's. */
  private isForeign(origin: string | string[] | undefined, own: Authority | undefined): boolean {
    if (origin === undefined) return false;
    const [, scheme = '', authority = ''] = /^(https?):\/\/([^/]*)$/i.exec(String(origin)) ?? [];
    const from = parse(authority);
    if (from === null) return true;
    if (this.isNamed(from.host)) return false;
    const usual = scheme.toLowerCase() === 'https' ? '443' : '80';
    return own === undefined || from.host !== own.host || (from.port || usual) !== (own.port || usual);
  }
}

/** Gives the authority of a target in absolute form: it counts, and Host does not (RFC 9112, 3.2.2). */
function authorityIn(url = ''): string | undefined {
  const [, authority] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? [];
  return authority?.slice(authority.lastIndexOf('@') + 1);
}

/** Takes a Host apart. Absence: null when it is none. */
function parse(text: string): Authority | null {
  const [, literal, name = '', port = ''] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{0,5}))?$/.exec(text.trim()) ?? [];
  if (literal !== undefined) {
    return isIPv6(literal.replace('%25', '%')) ? { host: `[${literal.toLowerCase()}]`, port } : null;
  }
  const host = name.toLowerCase().replace(/\.$/, '');
  return host.length <= 253 && NAME.test(host) ? { host, port } : null;
}

/**
 * Tells whether a Host is good although the URL class writes it in another way, as it does `[::ffff:127.0.0.1]`, or cannot
 * read it, as a zone (`[fe80::1%25eth0]`); and an empty port.
 */
export function isRewritten(host: string | undefined): boolean {
  return host !== undefined && (host.startsWith('[') || host.endsWith(':')) && parse(host) !== null;
}

/** Tells whether no page on the internet can have this host: an address, a name without a dot, or one under localhost. */
function isNoInternetName(host: string): boolean {
  return host.startsWith('[') || !host.includes('.') || host.endsWith('.localhost') || ENDS_IN_NUMBER.test(host);
}

function misdirected(): ServiceError {
  return new ServiceError(
    'misdirected_request',
    'without API keys this server does not answer to the name in Host, which a web page could have; name it in RS_ALLOWED_HOSTS if it is yours',
  );
}

function crossSite(): ServiceError {
  return new ServiceError(
    'cross_site_request',
    'without API keys this server changes nothing for a page of another site (Sec-Fetch-Site, Origin)',
  );
}
