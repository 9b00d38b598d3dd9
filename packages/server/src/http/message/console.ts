/** Who is logged in to the console, as its routes know it. Made in logins/. */
import type { Principal } from '../../core/principal.ts';

/** How somebody logged in. `open`: the server lets everyone do everything. */
export type Way = 'key' | 'password' | 'open';

/** The cookie of a session: `host` for HTTPS, `plain` for HTTP on loopback. Each opens only sessions that began with it. */
export type CookieKind = 'host' | 'plain';

/** What somebody shows who logs in. */
export type Credentials =
  | { readonly way: 'key'; readonly key: string }
  | { readonly way: 'password'; readonly name: string; readonly password: string }
  | { readonly way: 'open' };

/** Where a request comes from. `address`: of the connection; absence: undefined where there is none. */
export interface Caller {
  readonly address: string | undefined;
  readonly certificates: readonly string[];
  readonly requestId: string;
}

/** Somebody who is logged in. Units: milliseconds, epoch milliseconds. */
export interface ConsoleSession {
  readonly way: Way;
  /** What may be done now: by the key or the user as it is in force. */
  readonly principal: Principal;
  /** Of the key or the password that it depends on. */
  readonly mark: string;
  readonly idleTimeout: number;
  readonly expiresAt: number;
  readonly absoluteExpiresAt: number;
}

/** What a cookie shows. */
export interface Shown {
  readonly token: string;
  readonly kind: CookieKind;
}

/** `wait`: until it may be tried again. Units: milliseconds. `name`: of a user or key that there is. Absence: null. */
export type LoginOutcome =
  | { readonly kind: 'begun'; readonly token: string; readonly session: ConsoleSession }
  | { readonly kind: 'refused'; readonly name: string | null }
  | { readonly kind: 'limited'; readonly name: string | null; readonly wait: number }
  | { readonly kind: 'busy' };

export interface Console {
  /** How one can log in, at this moment. */
  ways(): readonly Way[];
  /** Begins a session. Errors: `store_unavailable`. */
  login(given: Credentials, caller: Caller, kind: CookieKind, now: number): Promise<LoginOutcome>;
  /**
   * Finds who is logged in. A session whose key or user is no longer in force is ended. `slide`: whether that is activity.
   * Absence: null. Errors: `store_unavailable`.
   */
  find(shown: Shown, certificates: readonly string[], slide: boolean, now: number): Promise<ConsoleSession | null>;
  /** Gives what somebody who is logged in may do now, without looking at the session. Absence: null when it is nothing any more. */
  stillMay(session: ConsoleSession, certificates: readonly string[], now: number): Principal | null;
  /** Ends a session. */
  end(token: string, now: number): Promise<void>;
  /** Ends all sessions of whoever is logged in with this one, and gives how many. */
  endAll(session: ConsoleSession, now: number): Promise<number>;
}

/** Tells whether a template is one of the console's routes. */
export function isOfConsole(path: string): boolean {
  return path.startsWith('/console/');
}
