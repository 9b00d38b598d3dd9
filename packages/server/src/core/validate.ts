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

const APP = /^[A-Za-z0-9_-]{3,20}$/;
/** ECMAScript line terminators: what `.` in the original's pattern did not match. */
const LINE_BREAK = /[\n\r\u2028\u2029]/;
const CLASSIC_TOKEN = /^[A-Za-z0-9]{64}$/;
const MAX_SUBJECT = 128;
const MAX_IP = 39;
const MAX_LABEL = 128;
const MAX_USER_AGENT = 512;
const CALLER_TOKEN = /^[A-Za-z0-9._~:,-]{1,256}$/;
const MAX_TOKEN = 256;
/** Random text of 22 characters has fewer once in 10^12. */
const MIN_DIFFERENT = 8;

export function checkApp(value: string): AppName {
  if (!APP.test(value)) throw invalid('app', '3 to 20 characters of A-Z, a-z, 0-9, _ and -');
  return value as AppName;
}

/** Checks whose session it is: any text without line breaks, 1 to 128 characters (code points). */
export function checkSubject(value: string): Subject {
  if (!isLength(value, 1, MAX_SUBJECT) || LINE_BREAK.test(value) || !value.isWellFormed()) {
    throw invalid('subject', `1 to ${MAX_SUBJECT} characters without line breaks`);
  }
  return value as Subject;
}

/**
 * Checks the subject of a v1 request. `.` and `..` are none: in the path of a URL they are steps, which clients take before
 * they ask, and `/subjects/../sessions` is the list of the whole app. (The classic routes go on to take them.)
 */
export function checkPathSubject(value: string): Subject {
  if (value === '.' || value === '..')
    throw invalid('subject', 'something else than . and .., which are steps in a path');
  return checkSubject(value);
}

/** Checks the end user's address as the caller gives it: free text, because proxies also send names and lists. */
export function checkIp(value: string): Ip {
  if (!isLength(value, 1, MAX_IP) || LINE_BREAK.test(value) || !value.isWellFormed()) {
    throw invalid('ip', `1 to ${MAX_IP} characters without line breaks`);
  }
  return value as Ip;
}

export function checkClassicToken(value: string): string {
  if (!CLASSIC_TOKEN.test(value)) throw invalid('token', '64 characters of A-Z, a-z and 0-9');
  return value;
}

/** Checks what a session is called by its user: a device, a browser. */
export function checkLabel(value: string): string {
  return checkText(value, 'label', MAX_LABEL);
}

export function checkUserAgent(value: string): string {
  return checkText(value, 'userAgent', MAX_USER_AGENT);
}

/**
 * Checks a token that a caller chose: it is as good as the caller's random numbers, so what is plainly weak is refused.
 * One that looks like ours is refused too: it would be looked for where it says.
 */
export function checkCallerToken(value: string, policy: Pick<Policy, 'minCallerTokenLength'>): string {
  const least = policy.minCallerTokenLength;
  if (!CALLER_TOKEN.test(value) || value.length < least) {
    throw invalid('token', `${least} to ${MAX_TOKEN} characters of A-Z, a-z, 0-9, . _ ~ : , and -`);
  }
  if (new Set(value).size < Math.min(MIN_DIFFERENT, least))
    throw invalid('token', 'random, not a few repeated characters');
  if (isOwnToken(value)) throw invalid('token', 'of another form than those the server makes');
  return value;
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
  if (!isLength(value, 1, max) || LINE_BREAK.test(value) || !value.isWellFormed()) {
    throw invalid(field, `1 to ${max} characters without line breaks`);
  }
  return value;
}

/** Code points are counted: a name in any script has the same room. Cheap first: a far too long text is not walked. */
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
