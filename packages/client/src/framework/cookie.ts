/** The cookie that carries the token: its name, its attributes, and its text (RFC 6265bis). */

export interface CookieOptions {
  /** Default: `__Host-session` over HTTPS, `session` over HTTP. */
  readonly name?: string | undefined;
  /** Default: whether the page came over HTTPS. Behind a proxy that ends TLS say true. */
  readonly secure?: boolean | undefined;
  readonly sameSite?: 'Strict' | 'Lax' | 'None' | undefined;
  /** For the subdomains, too. Not with a name that begins with `__Host-`. */
  readonly domain?: string | undefined;
  /** Whether it outlives the browser, for as long as the session does without activity. Default: false. */
  readonly persistent?: boolean | undefined;
}

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const DOMAIN = /^[A-Za-z0-9.-]+$/;

/** Makes what an answer needs for the cookie: a `Set-Cookie` text, or what a framework has in its place. */
export interface Carrier<Cookie> {
  /** Whether it outlives the browser. */
  readonly isPersistent: boolean;
  /** `idleTimeout`: of the session, in seconds; null for none. */
  set(token: string, idleTimeout: number | null, isPersistent?: boolean): Cookie;
  /** Takes the cookie away. */
  clear(): Cookie;
}

export class TokenCookie implements Carrier<string> {
  readonly name: string;
  readonly secure: boolean;
  readonly sameSite: 'Strict' | 'Lax' | 'None';
  /** Absence: undefined for the host alone. */
  readonly domain: string | undefined;
  readonly isPersistent: boolean;
  private readonly attributes: string;

  /** `isHttps`: of the page. Errors: TypeError for what browsers would drop. */
  constructor(options: CookieOptions, isHttps: boolean) {
    const { secure = isHttps, sameSite = 'Lax', domain, persistent = false } = options;
    const { name = secure ? '__Host-session' : 'session' } = options;
    if (!NAME.test(name)) throw new TypeError('cookie.name must be letters, digits and signs that a cookie may have');
    if (domain !== undefined && !DOMAIN.test(domain)) throw new TypeError('cookie.domain must be the name of a domain');
    if (/^__(?:host|secure)-/i.test(name) && !secure)
      throw new TypeError(`cookie.secure must be true for the name ${name}`);
    if (/^__host-/i.test(name) && domain !== undefined)
      throw new TypeError(`cookie.domain must not be there for the name ${name}`);
    if (sameSite === 'None' && !secure) throw new TypeError('cookie.secure must be true for sameSite None');
    this.name = name;
    this.secure = secure;
    this.sameSite = sameSite;
    this.domain = domain;
    this.isPersistent = persistent;
    this.attributes = `; Path=/${domain === undefined ? '' : `; Domain=${domain}`}; HttpOnly${secure ? '; Secure' : ''}; SameSite=${sameSite}`;
  }

  /** Gives the token in a `Cookie` header. Absence: undefined. */
  tokenIn(header: string | null | undefined): string | undefined {
    for (const pair of (header ?? '').split(';')) {
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === this.name) return pair.slice(equals + 1).trim();
    }
    return undefined;
  }

  /** Gives the `Set-Cookie` text for a token. */
  set(token: string, idleTimeout: number | null, isPersistent = this.isPersistent): string {
    const age = isPersistent ? `; Max-Age=${ageOf(idleTimeout)}` : '';
    return `${this.name}=${token}${this.attributes}${age}`;
  }

  /** Gives the `Set-Cookie` text that takes it away. */
  clear(): string {
    return `${this.name}=${this.attributes}; Max-Age=0`;
  }
}

/** Gives how long a persistent cookie lives; what has no end gets the longest time that browsers take. Units: seconds. */
export function ageOf(idleTimeout: number | null): number {
  return Math.floor(idleTimeout ?? 34_560_000);
}

/** Gives the cookie for pages over HTTPS and for others. Errors: TypeError for one that browsers would drop. */
export function cookiesFor(options: CookieOptions = {}): (isHttps: boolean) => TokenCookie {
  const secure = new TokenCookie(options, true);
  let plain: TokenCookie | undefined;
  return (isHttps) => {
    if (isHttps) return secure;
    plain ??= new TokenCookie(options, false);
    return plain;
  };
}
