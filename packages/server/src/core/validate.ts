/**
 * The rules for names and texts that come from outside. Each check returns its value with a type that only this file
 * can make, so a verb that takes an AppName cannot be handed unchecked text: no second check, none forgotten.
 * All checks run in linear time on input of any length.
 */
import { ServiceError } from './errors.ts';
import type { Policy } from './policy.ts';
import { isOwnToken } from './token.ts';

declare const checked: unique symbol;
type Checked<T, Name extends string> = T & { readonly [checked]: Name };

export type AppName = Checked<string, 'app'>;
export type Subject = Checked<string, 'subject'>;
export type Ip = Checked<string, 'ip'>;
/** Units: milliseconds. */
export type IdleTimeout = Checked<number, 'idleTimeout'>;

/**
 * The names of apps. Those that begin with `_` are kept for what the server may store for itself one day, so that no
 * app of a user is ever in its way. Shared by all who read a name: routes, keys, the policy file.
 */
export const APP_NAME = {
  pattern: /^[A-Za-z0-9-][A-Za-z0-9_-]{2,19}$/,
  allowed: '3 to 20 characters of A-Z, a-z, 0-9, _ and -, and must not begin with _, which is reserved',
};
/** A text of a session has no ECMAScript line terminators: what `.` in the original's pattern did not match. */
export const TEXT = /^[^\n\r\u2028\u2029]+$/;
/** Steps in the path of a URL. */
const STEP = /^\.{1,2}$/;
/** What a v1 request can name as a subject. */
export const PATH_SUBJECT = new RegExp(`^(?!${STEP.source.slice(1)})${TEXT.source.slice(1)}`);
const CLASSIC_TOKEN = /^[A-Za-z0-9]{64}$/;

/** The longest texts of a session. Units: characters (code points). */
export const LONGEST = {
  /** What OpenID Connect allows for `sub`. */
  subject: 255,
  /** An IPv6 address has up to 45 characters, and its zone (`%eth0`) up to 16 more on Linux. */
  ip: 64,
  label: 128,
  /** Browsers inside of apps write more than 1,000 characters. */
  userAgent: 2048,
} as const;
/** What the classic routes take for an id and an address, as 2.x documents it. They show what v1 made longer. */
const LONGEST_CLASSIC = { subject: 128, ip: 39 } as const;

/** The characters of a token that a caller chose. */
export const CALLER_TOKEN = /^[A-Za-z0-9._~:,-]+$/;
/** `min`: the least that a policy can ask for. Units: characters. */
export const CALLER_TOKEN_LENGTH = { min: 16, max: 256 } as const;
/** Random text of 22 characters has fewer once in 10^12. */
const MIN_DIFFERENT = 8;

export function checkApp(value: string): AppName {
  if (!APP_NAME.pattern.test(value)) throw invalid('app', APP_NAME.allowed);
  return value as AppName;
}

/** Where the sessions of those who are logged in to the console are kept. */
export const CONSOLE_APP = '_console' as AppName;

/** Tells whether a name is kept for the server itself. */
export function isReservedApp(name: string): boolean {
  return name.startsWith('_');
}

/** Checks whose session it is: any text without line breaks. */
export function checkSubject(value: string): Subject {
  return checkText(value, 'subject', LONGEST.subject) as Subject;
}

/** Checks whose session a classic route is about. */
export function checkClassicSubject(value: string): Subject {
  return checkText(value, 'subject', LONGEST_CLASSIC.subject) as Subject;
}

/**
 * Checks the subject of a v1 request. `.` and `..` are none: in the path of a URL they are steps, which clients take before
 * they ask, and `/subjects/../sessions` is the list of the whole app. (The classic routes go on to take them.)
 */
export function checkPathSubject(value: string): Subject {
  if (STEP.test(value)) throw invalid('subject', 'something else than . and .., which are steps in a path');
  return checkSubject(value);
}

/** Checks the end user's address as the caller gives it: free text, because proxies also send names and lists. */
export function checkIp(value: string): Ip {
  return checkText(value, 'ip', LONGEST.ip) as Ip;
}

export function checkClassicIp(value: string): Ip {
  return checkText(value, 'ip', LONGEST_CLASSIC.ip) as Ip;
}

/**
 * Checks the token of a classic route: of the form that 2.x made, or one that this server made for v1. A token that a
 * caller chose is one of v1 alone, unless it happens to have the classic form.
 */
export function checkClassicToken(value: string): string {
  if (!isOwnToken(value) && !CLASSIC_TOKEN.test(value)) {
    throw invalid('token', '64 characters of A-Z, a-z and 0-9, or a token that v1 made');
  }
  return value;
}

/** Checks what a session is called by its user: a device, a browser. */
export function checkLabel(value: string): string {
  return checkText(value, 'label', LONGEST.label);
}

export function checkUserAgent(value: string): string {
  return checkText(value, 'userAgent', LONGEST.userAgent);
}

/**
 * Checks a token that a caller chose. Such a token is only as good as the random numbers of the caller, so one that is
 * plainly weak is refused. One that looks like ours is refused, too: the session would be looked for where that text says.
 */
export function checkCallerToken(value: string, policy: Pick<Policy, 'minCallerTokenLength'>): string {
  const least = policy.minCallerTokenLength;
  const { max } = CALLER_TOKEN_LENGTH;
  if (value.length < least || value.length > max || !CALLER_TOKEN.test(value)) {
    throw invalid('token', `${least} to ${max} characters of A-Z, a-z, 0-9, . _ ~ : , and -`);
  }
  if (new Set(value).size < Math.min(MIN_DIFFERENT, least))
    throw invalid('token', 'random, not a few repeated characters');
  if (isOwnToken(value)) throw invalid('token', 'of another form than those the server makes');
  return value;
}

/** Tells whether a caller may choose a token. */
export function isCallerToken(value: string, policy: Pick<Policy, 'minCallerTokenLength'>): boolean {
  try {
    checkCallerToken(value, policy);
    return true;
  } catch {
    return false;
  }
}

/** Checks an idle timeout against the app's policy. Units: milliseconds. */
export function checkIdleTimeout(value: number, policy: Policy): IdleTimeout {
  if (!(value >= policy.minIdleTimeout && value <= policy.maxIdleTimeout)) {
    const [min, max] = [policy.minIdleTimeout / 1000, policy.maxIdleTimeout / 1000];
    throw new ServiceError('invalid_value', `idleTimeout must be between ${min} and ${max} seconds`, {
      field: 'idleTimeout',
    });
  }
  return value as IdleTimeout;
}

/** Null means none: where the policy has no bound, or the session ends by its absolute timeout anyway. */
export function checkTimeouts(
  { idleTimeout, absoluteTimeout }: Timeouts,
  policy: Pick<Policy, 'minIdleTimeout' | 'maxIdleTimeout' | 'maxAbsoluteTimeout'>,
): void {
  const { minIdleTimeout: min, maxIdleTimeout: max, maxAbsoluteTimeout: maxAbsolute } = policy;
  if (absoluteTimeout === null ? maxAbsolute !== null : absoluteTimeout > (maxAbsolute ?? Number.POSITIVE_INFINITY)) {
    throw outOfRange('absoluteTimeout', `at most ${maxAbsolute! / 1000} seconds`);
  }
  if (idleTimeout === null) {
    if (absoluteTimeout === null)
      throw outOfRange('idleTimeout', 'a number of seconds where there is no absoluteTimeout');
  } else if (idleTimeout > 0 && !(idleTimeout >= min && idleTimeout <= max)) {
    throw outOfRange('idleTimeout', `between ${min / 1000} and ${max / 1000} seconds, or 0 to end the session`);
  }
}

/** Units: milliseconds. Null: none. 0 or less: the session ends at once. */
export interface Timeouts {
  readonly idleTimeout: number | null;
  readonly absoluteTimeout: number | null;
}

function outOfRange(field: string, rule: string): ServiceError {
  return new ServiceError('invalid_value', `${field} must be ${rule}`, { field });
}

function checkText(value: string, field: string, max: number): string {
  if (!isLength(value, 1, max) || !TEXT.test(value) || !value.isWellFormed()) {
    throw invalid(field, `1 to ${max} characters without line breaks`);
  }
  return value;
}

/** Counts code points, so that a name in any script has the same room. A text that is far too long is not even walked through. */
function isLength(text: string, min: number, max: number): boolean {
  if (text.length < min || text.length > 2 * max) return false;
  if (text.length <= max) return true;
  let points = 0;
  for (const _ of text) points++;
  return points <= max;
}

function invalid(field: string, rule: string): ServiceError {
  return new ServiceError('invalid_format', `${field} must be ${rule}`, { field });
}
