/**
 * Sessions for Next.js (App Router): `getSession` in server components, server actions and route handlers, `verify` in the proxy (middleware).
 * `cookies` and `headers` of `next/headers` are given by the application, so this package needs no version of Next.js.
 *
 * Two things of Next.js shape it. A server component can read cookies and not set them: a session is begun, changed and ended in
 * actions and route handlers. And a layout, a page and its parts each ask for the session: all of one request share one read.
 */
import { ageOf, type Carrier, type CookieOptions, cookiesFor, type TokenCookie } from '../framework/cookie.ts';
import { OwnNames } from '../framework/own-names.ts';
import { type Login, PageSession } from '../framework/page-session.ts';
import { TouchTimes } from '../framework/touch-times.ts';
import { SessionClient, type SessionClientOptions, type Verified } from '../index.ts';

export type { CookieOptions } from '../framework/cookie.ts';
export type { Login } from '../framework/page-session.ts';

/** A cookie as Next.js sets it. */
export interface JarCookie {
  readonly name: string;
  readonly value: string;
  readonly path: '/';
  readonly httpOnly: true;
  readonly secure: boolean;
  readonly sameSite: 'strict' | 'lax' | 'none';
  readonly domain?: string;
  /** Units: seconds. */
  readonly maxAge?: number;
}

/** What is used of what `cookies()` gives. */
export interface CookieJar {
  get(name: string): { readonly value: string } | undefined;
  /** Errors: thrown where cookies can only be read. */
  set(cookie: JarCookie): unknown;
}

export interface NextSessionsOptions extends SessionClientOptions {
  /** `cookies` of `next/headers`. */
  readonly cookies: () => CookieJar | Promise<CookieJar>;
  /** `headers` of `next/headers`: then a new session knows its `User-Agent`, for the list of devices. */
  readonly headers?: (() => Pick<Headers, 'get'> | Promise<Pick<Headers, 'get'>>) | undefined;
  /** `secure` is true unless said otherwise: say false for http://localhost. */
  readonly cookie?: CookieOptions | undefined;
  /** For how many seconds one read is enough to tell that someone is there. Default: 30. */
  readonly touchInterval?: number | undefined;
}

/** Gives the sessions of an application. Errors: TypeError for a cookie that browsers would drop. */
export function createNextSessions({ cookies, headers, cookie, touchInterval, ...options }: NextSessionsOptions) {
  // Next.js keeps answers of its own `fetch`; a session is never to come from there.
  const send = options.fetch ?? ((input, init) => fetch(input, { ...init, cache: 'no-store' } as RequestInit));
  const client = new SessionClient({ ...options, fetch: send });
  const [touches, names] = [new TouchTimes(touchInterval), new OwnNames('_next')];
  const site = { client, touches, names };
  const tokenCookie = cookiesFor({ secure: true, ...cookie })(cookie?.secure !== false);
  const carrier = carrierOf(tokenCookie);
  /** By what `cookies()` gives, which is one object for the whole request. */
  const opened = new WeakMap<CookieJar, Promise<NextSession>>();

  async function open(jar: CookieJar): Promise<NextSession> {
    const userAgent = (await headers?.())?.get('User-Agent') ?? undefined;
    const token = jar.get(tokenCookie.name)?.value;
    const page = await PageSession.open(site, carrier, token, { userAgent });
    const session = new NextSession(page, jar, client);
    session.carryIfPossible();
    return session;
  }

  return {
    client,

    /** Opens the session of the request; without one, an empty one that is begun when there is something to save. */
    async getSession(): Promise<NextSession> {
      const jar = await cookies();
      const known = opened.get(jar);
      if (known !== undefined) return known;
      const opening = open(jar);
      opened.set(jar, opening);
      return opening;
    },

    /**
     * Tells whose request it is, for the proxy (middleware); with `nearCache` from memory. Absence: null. Errors: a lost server is one, and
     * not "nobody".
     */
    async verify(request: { readonly headers: Pick<Headers, 'get'> }): Promise<Verified | null> {
      const token = tokenCookie.tokenIn(request.headers.get('Cookie'));
      const touch = token !== undefined && touches.isDue(token);
      const session = await client.verify(token, { touch });
      if (touch && session !== null) touches.note(token, session.idleTimeout);
      return session && { ...session, data: names.shown(session.data) };
    },
  };
}

function carrierOf(cookie: TokenCookie): Carrier<JarCookie> {
  const { name, secure, domain } = cookie;
  const common = {
    name,
    path: '/',
    httpOnly: true,
    secure,
    sameSite: cookie.sameSite.toLowerCase() as JarCookie['sameSite'],
    ...(domain !== undefined && { domain }),
  } as const;
  return {
    isPersistent: cookie.isPersistent,
    set: (token, idleTimeout, isPersistent = cookie.isPersistent) => ({
      ...common,
      value: token,
      ...(isPersistent && { maxAge: ageOf(idleTimeout) }),
    }),
    clear: () => ({ ...common, value: '', maxAge: 0 }),
  };
}

/** The session of a request. What changes it needs a server action or a route handler, because the cookie changes with it. */
export class NextSession {
  private readonly page: PageSession<JarCookie>;
  private readonly jar: CookieJar;
  private readonly client: SessionClient;

  constructor(page: PageSession<JarCookie>, jar: CookieJar, client: SessionClient) {
    this.page = page;
    this.jar = jar;
    this.client = client;
  }

  /** What the application keeps: change it, and save. */
  get data(): Record<string, unknown> {
    return this.page.data;
  }

  /** Absence: null while nobody has logged in. */
  get subject(): string | null {
    return this.page.subject;
  }

  /** The public id: safe to log and show. Absence: null before the session is saved for the first time. */
  get id(): string | null {
    return this.page.id;
  }

  /** Saves the keys of the data that changed. Errors: SessionNotFoundError when the session was ended meanwhile. */
  save(): Promise<void> {
    return this.changed(() => this.page.save());
  }

  /** Logs someone in: a new token, the subject, and the data goes along. */
  login(subject: string, login: Login = {}): Promise<void> {
    return this.changed(() => this.page.login(subject, login));
  }

  /** Logs out: ends the session. */
  logout(): Promise<void> {
    return this.changed(() => this.page.logout());
  }

  /** Logs the subject out on all devices, here too. Gives how many sessions were ended. */
  logoutEverywhere(): Promise<number> {
    return this.changed(() => this.page.logoutEverywhere());
  }

  private async changed<T>(change: () => Promise<T>): Promise<T> {
    const before = this.page.id;
    const result = await change();
    try {
      this.carry();
    } catch (error) {
      // In a server component nobody would ever have its token.
      const { id } = this.page;
      if (id !== null && id !== before) await this.client.revokeById(id);
      throw error;
    }
    return result;
  }

  /** Sets what reading the session found out about the cookie. A server component cannot; the next action does. */
  carryIfPossible(): void {
    try {
      this.carry();
    } catch {
      // Next.js has one error for it, and no name that could be asked for.
    }
  }

  private carry(): void {
    const cookie = this.page.setCookie;
    if (cookie === null) return;
    this.jar.set(cookie);
    this.page.setCookie = null;
  }
}
