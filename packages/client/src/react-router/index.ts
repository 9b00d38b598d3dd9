/**
 * A `SessionStorage` for React Router (and Remix): `getSession`, `commitSession`, `destroySession`, with the sessions on this server.
 *
 * It is not made by React Router's own `createSessionStorage`: that hands over the whole data at each commit, and of two pages at
 * once the later one would undo what the earlier one wrote. Here a commit sends the keys that changed.
 */
import { type CookieOptions, cookiesFor } from '../framework/cookie.ts';
import { type Login, PageSession } from '../framework/page-session.ts';
import { TouchTimes } from '../framework/touch-times.ts';
import { SessionClient, type SessionClientOptions } from '../index.ts';

export type { CookieOptions } from '../framework/cookie.ts';
export type { Login } from '../framework/page-session.ts';

export interface SessionStorageOptions extends SessionClientOptions {
  /** `secure` is true unless said otherwise: say false for http://localhost. */
  readonly cookie?: CookieOptions | undefined;
  /** For how many seconds one read is enough to tell that someone is there. Default: 30. */
  readonly touchInterval?: number | undefined;
}

export interface CommitOptions {
  /** How long the session lasts without activity, and the cookie. Units: seconds. */
  readonly maxAge?: number | undefined;
}

/** Under which messages for the next page are, apart from the application's data. */
const PRIVATE_KEY = '_react_router';

type Data = Record<string, unknown>;

/** Gives the storage. Errors: TypeError for a cookie that browsers would drop. */
export function createRestSessionStorage({ cookie, touchInterval, ...options }: SessionStorageOptions) {
  const client = new SessionClient(options);
  const touches = new TouchTimes(touchInterval);
  const carrier = cookiesFor({ secure: true, ...cookie })(cookie?.secure !== false);
  return {
    client,

    /** Opens the session of a `Cookie` header; without one that opens a session, an empty one. */
    async getSession(cookieHeader?: string | null): Promise<RouterSession> {
      const token = carrier.tokenIn(cookieHeader);
      return new RouterSession(await PageSession.open(client, touches, carrier, token, {}));
    },

    /** Saves what has changed. Gives the `Set-Cookie` text. */
    async commitSession(session: RouterSession, { maxAge }: CommitOptions = {}): Promise<string> {
      const page = session.saved();
      await page.start();
      if (maxAge !== undefined) await page.lastFor(maxAge);
      return page.ownCookie!;
    },

    /** Ends the session. Gives the `Set-Cookie` text that takes the cookie away. */
    async destroySession(session: RouterSession): Promise<string> {
      const page = session.saved();
      await page.logout();
      return page.setCookie!;
    },
  };
}

/** A session as React Router has it, and a login that gets a new token. */
export class RouterSession {
  private readonly page: PageSession;
  private readonly flashes: Data;

  constructor(page: PageSession) {
    this.page = page;
    const { flash = {} } = (page.data[PRIVATE_KEY] ?? {}) as { flash?: Data };
    this.flashes = { ...flash };
  }

  /** The public id. Empty before the first commit. */
  get id(): string {
    return this.page.id ?? '';
  }

  /** Absence: null while nobody has logged in. */
  get subject(): string | null {
    return this.page.subject;
  }

  get data(): Data {
    const { [PRIVATE_KEY]: _, ...data } = this.page.data;
    return data;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.data, name) || Object.hasOwn(this.flashes, name);
  }

  /** Gives a value. One that was flashed is there once. */
  // biome-ignore lint/suspicious/noExplicitAny: what an application keeps in a session is its own
  get(name: string): any {
    if (Object.hasOwn(this.data, name)) return this.data[name];
    if (!Object.hasOwn(this.flashes, name)) return undefined;
    const { [name]: value } = this.flashes;
    delete this.flashes[name];
    return value;
  }

  set(name: string, value: unknown): void {
    this.page.data[name] = value;
  }

  /** Keeps a value for the next page that asks for it. */
  flash(name: string, value: unknown): void {
    this.flashes[name] = value;
  }

  unset(name: string): void {
    delete this.page.data[name];
  }

  /** Logs someone in: a new token, the subject, and the data goes along. Commit the session afterwards, for its cookie. */
  async login(subject: string, login: Login = {}): Promise<void> {
    await this.saved().login(subject, login);
  }

  /** Gives the session of the page, with all that is to be saved. For the storage. */
  saved(): PageSession {
    const { data } = this.page;
    if (Object.keys(this.flashes).length > 0) data[PRIVATE_KEY] = { flash: this.flashes };
    else delete data[PRIVATE_KEY];
    return this.page;
  }
}
