/**
 * The rules for names and texts that come from outside. Each check returns its value with a type that only this file
 * can make, so a verb that takes an AppName cannot be handed unchecked text: no second check, none forgotten.
 * All checks run in linear time on input of any length.
 */
import { ServiceError } from './errors.ts';
import { MAX_TIMEOUT, type Policy } from './policy.ts';

declare const checked: unique symbol;
type Checked<T, Name extends string> = T & { readonly [checked]: Name };

export type AppName = Checked<string, 'app'>;
export type Subject = Checked<string, 'subject'>;
export type Ip = Checked<string, 'ip'>;
/** Units: milliseconds. Absence: null means none. */
export type IdleTimeout = Checked<number, 'idleTimeout'> | null;

const APP = /^[A-Za-z0-9_-]{3,20}$/;
/** ECMAScript line terminators: what `.` in the original's pattern did not match. */
const LINE_BREAK = /[\n\r\u2028\u2029]/;
const CLASSIC_TOKEN = /^[A-Za-z0-9]{64}$/;
const MAX_SUBJECT = 128;
const MAX_IP = 39;

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

/** Checks an idle timeout against the app's policy. Units: milliseconds. Absence: null means none, where that is allowed. */
export function checkIdleTimeout(value: number | null, policy: Policy): IdleTimeout {
  const { minIdleTimeout: min, maxIdleTimeout } = policy;
  const max = maxIdleTimeout ?? MAX_TIMEOUT;
  if (value === null ? maxIdleTimeout !== null : !(value >= min && value <= max)) {
    throw new ServiceError('invalid_value', `idleTimeout must be between ${min / 1000} and ${max / 1000} seconds`, {
      field: 'idleTimeout',
    });
  }
  return value as IdleTimeout;
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
