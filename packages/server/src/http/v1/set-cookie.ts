/**
 * The ready text of a `Set-Cookie` header (RFC 6265bis) for an app whose policy has a cookie: a page hands it on as it is.
 * What such a cookie may be called, and which attributes go together, was checked when the policy was loaded.
 */
import { isLive } from '../../core/expiry.ts';
import type { CookiePolicy, Policy } from '../../core/policy.ts';
import type { Session } from '../../core/session.ts';

/** Browsers keep no cookie for longer: 400 days. Units: seconds. */
const LONGEST = 34_560_000;

/** A session as it was at an instant. */
interface Seen {
  readonly session: Session;
  /** Units: epoch milliseconds. */
  readonly at: number;
}

/**
 * Gives the text that puts a token into the browser, or takes it away when its session has ended with this very request
 * (a timeout of 0). Absence: undefined when the app has no cookie.
 */
export function cookieFor({ cookie }: Policy, token: string, { session, at }: Seen): string | undefined {
  if (cookie === null) return undefined;
  if (!isLive(session, at)) return cleared(cookie);
  // A comma may be in a token that a caller chose, and not in a cookie. No token has a percent sign.
  const text = `${cookie.name}=${token.replaceAll(',', '%2C')}${attributesOf(cookie)}`;
  if (!cookie.persistent) return text;
  // Not the idle deadline: that moves with each visit, and the cookie would not.
  const rest = Math.ceil(((session.absoluteExpiresAt ?? Number.POSITIVE_INFINITY) - at) / 1000);
  return `${text}; Max-Age=${Math.min(rest, LONGEST)}`;
}

/** Gives the text that takes the cookie away when a session has ended. Absence: undefined when it lives, and without a cookie. */
export function cookieOfEnded({ cookie }: Policy, { session, at }: Seen): string | undefined {
  return cookie === null || isLive(session, at) ? undefined : cleared(cookie);
}

/** Gives the text that takes the cookie away. Absence: undefined when the app has no cookie. */
export function clearedCookie({ cookie }: Policy): string | undefined {
  return cookie === null ? undefined : cleared(cookie);
}

function cleared(cookie: CookiePolicy): string {
  return `${cookie.name}=${attributesOf(cookie)}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT`;
}

function attributesOf({ domain, secure, sameSite }: CookiePolicy): string {
  return `; Path=/${domain === null ? '' : `; Domain=${domain}`}; HttpOnly${secure ? '; Secure' : ''}; SameSite=${sameSite}`;
}
