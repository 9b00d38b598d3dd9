/**
 * A `SessionStorage` for React Router (and Remix): `getSession`, `commitSession`, `destroySession`, with the sessions on this server.
 *
 * It is not made by React Router's own `createSessionStorage`: that hands over the whole data at each commit, and of two pages at
 * once the later one would undo what the earlier one wrote. Here a commit sends the keys that changed.
 */
import { type CookieOptions, cookiesFor } from '../framework/cookie.ts';
import { OwnNames } from '../framework/own-names.ts';
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

type Anything = Record<string, unknown>;

/** The names of `flashed`. */
const FLASH = /^__flash_.*__$/s;

/** What a session holds if the application does not say, as React Router has it. */
// biome-ignore lint/suspicious/noExplicitAny: what an application keeps in a session is its own
export type RouterData = { [name: string]: any };

/** As React Router gives its own sessions to the storage. Only those that `getSession` made are taken. */
interface AnySession {
  readonly id: string;
}

/**
 * Gives the storage. `Data` is what the session keeps, `Flash` what it keeps for one page. Errors: TypeError for a cookie that
 * browsers would drop.
 */
export function createRestSessionStorage<Data extends object = RouterData, Flash extends object = Data>({
  cookie,
  touchInterval,
  ...options
}: SessionStorageOptions) {
  const client = new SessionClient(options);
  const site = { client, touches: new TouchTimes(touchInterval), names: new OwnNames('_react_router') };
  const carrier = cookiesFor({ secure: true, ...cookie })(cookie?.secure !== false);
  return {
    client,

    /** Opens the session of a `Cookie` header; without one that opens a session, an empty one. */
    async getSession(cookieHeader?: string | null): Promise<RouterSession<Data, Flash>> {
      const token = carrier.tokenIn(cookieHeader);
      return new RouterSession(await PageSession.open(site, carrier, token, {}));
    },

    /** Saves what has changed. Gives the `Set-Cookie` text. */
    async commitSession(session: AnySession, { maxAge }: CommitOptions = {}): Promise<string> {
      const page = ownOf(session).ofPage();
      await page.start();
      if (maxAge !== undefined) await page.lastFor(maxAge);
      return page.ownCookie!;
    },

    /** Ends the session. Gives the `Set-Cookie` text that takes the cookie away. */
    async destroySession(session: AnySession): Promise<string> {
      const page = ownOf(session).ofPage();
      await page.logout();
      return page.setCookie!;
    },
  };
}

function ownOf(session: AnySession): RouterSession {
  if (session instanceof RouterSession) return session;
  throw new TypeError("session must be one that getSession of this storage gave, not React Router's createSession()");
}

type Of<Kept, Name> = Name extends keyof Kept ? Kept[Name] : undefined;

/** A session as React Router has it, and a login that gets a new token. */
export class RouterSession<Data extends object = RouterData, Flash extends object = Data> {
  private readonly page: PageSession;

  constructor(page: PageSession) {
    this.page = page;
  }

  /** The public id. Empty before the first commit. */
  get id(): string {
    return this.page.id ?? '';
  }

  /** Absence: null while nobody has logged in. */
  get subject(): string | null {
    return this.page.subject;
  }

  get data(): Partial<Data> {
    const kept = Object.entries(this.page.data).filter(([name]) => !FLASH.test(name));
    return Object.fromEntries(kept) as Partial<Data>;
  }

  has(name: (keyof Data | keyof Flash) & string): boolean {
    return Object.hasOwn(this.page.data, name) || Object.hasOwn(this.page.data, flashed(name));
  }

  /** Gives a value. One that was flashed is there once. */
  get<Name extends (keyof Data | keyof Flash) & string>(name: Name): Of<Data, Name> | Of<Flash, Name> | undefined {
    type Value = Of<Data, Name> | Of<Flash, Name>;
    const { data } = this.page;
    if (Object.hasOwn(data, name)) return data[name] as Value;
    const { [flashed(name)]: value } = data;
    delete data[flashed(name)];
    return value as Value | undefined;
  }

  set<Name extends keyof Data & string>(name: Name, value: Data[Name]): void {
    put(this.page.data, name, value);
  }

  /** Keeps a value for the next page that asks for it. */
  flash<Name extends keyof Flash & string>(name: Name, value: Flash[Name]): void {
    put(this.page.data, flashed(name), value);
  }

  unset(name: keyof Data & string): void {
    delete this.page.data[name];
  }

  /** Logs someone in: a new token, the subject, and the data goes along. Commit the session afterwards, for its cookie. */
  async login(subject: string, login: Login = {}): Promise<void> {
    await this.page.login(subject, login);
  }

  /** Gives the session of the page. For the storage. */
  ofPage(): PageSession {
    return this.page;
  }
}

/** Gives the name under which a value waits for the next page, as React Router has it. Each has one, so two pages at once keep both. */
function flashed(name: string): string {
  return `__flash_${name}__`;
}

/** An assignment would take `__proto__` for something else than a name. */
function put(kept: Anything, name: string, value: unknown): void {
  Object.defineProperty(kept, name, { value, writable: true, enumerable: true, configurable: true });
}
