/**
 * The member `cookie` of the policy file: what browsers would drop in silence (RFC 6265bis) is a fault of the file. Of the
 * prefixes, which browsers compare without regard to case, `__Host-` also wants no domain and the path `/`.
 * Not here: the text of the cookie (http/v1/set-cookie.ts).
 */
import { z } from 'zod';
import { type CookiePolicy, SAME_SITE } from '../core/policy.ts';
import { type Fault, pointerTo } from './fault.ts';

const MAX_NAME = 128;
const MAX_DOMAIN = 253;
/** A token of RFC 9110. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
/** A name with a dot whose last part is no number: browsers refuse a single label, and an address can have no subdomains. */
const DOMAIN = new RegExp(`^(?=.{1,${MAX_DOMAIN}}$)(?:${LABEL}\\.)+(?!\\d+$)${LABEL}$`);

const HOST_PREFIX = /^__host-/i;
const SECURE_PREFIX = /^__(?:host|secure|http)-/i;

/** One member. `usual` is its default in words. */
interface CookieMember<T extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly allowed: string;
  readonly usual: string;
  readonly meaning: string;
}

/** Keeps the type of each member. */
const member = <T extends z.ZodType>(described: CookieMember<T>): CookieMember<T> => described;

export const COOKIE_MEMBERS = {
  name: member({
    type: z.string().regex(NAME),
    allowed: `1 to ${MAX_NAME} letters, digits and characters of !#$%&'*+-.^_\`|~`,
    usual: '`"__Host-session"`; with a domain `"__Secure-session"`, without `secure` `"session"`',
    meaning:
      'What the cookie is called. Browsers keep a name that begins with `__Host-` only with `secure` and without `domain`, so that no other host can set it; one with `__Secure-` or `__Http-` only with `secure`.',
  }),
  domain: member({
    type: z.string().regex(DOMAIN),
    allowed: 'a domain name with a dot in it, in ASCII, without a dot at its ends; no address',
    usual: 'none',
    meaning: 'For the domain and all hosts under it. Without it the cookie is for the host alone that sets it.',
  }),
  sameSite: member({
    type: z.enum(SAME_SITE),
    allowed: `one of ${SAME_SITE.map((word) => `"${word}"`).join(', ')}`,
    usual: '`"Lax"`',
    meaning: 'Whether the browser sends it with requests that come from other sites. `"None"` needs `secure`.',
  }),
  secure: member({
    type: z.boolean(),
    allowed: 'true or false',
    usual: '`true`',
    meaning: 'Whether the browser sends it over HTTPS only. `false` is for development over HTTP.',
  }),
  persistent: member({
    type: z.boolean(),
    allowed: 'true or false',
    usual: '`false`',
    meaning:
      'Whether it outlives the browser: it then has a `Max-Age`, which lasts until the absolute deadline of the session, and at most 400 days. The session may end before the cookie does.',
  }),
} as const satisfies Record<string, CookieMember>;

type CookieMemberName = keyof typeof COOKIE_MEMBERS;

export const cookieRules = z.strictObject(
  Object.fromEntries(
    Object.entries(COOKIE_MEMBERS).map(([name, { type, meaning }]) => [
      name,
      (type as z.ZodType).optional().meta({ description: meaning }),
    ]),
  ) as { [Name in CookieMemberName]: z.ZodOptional<(typeof COOKIE_MEMBERS)[Name]['type']> },
);

type CookieRules = z.infer<typeof cookieRules>;

/** Gives the cookie that the rules mean. Absence: null. */
export function cookieFrom(rules: CookieRules | null | undefined): CookiePolicy | null {
  if (rules == null) return null;
  const { domain = null, sameSite = 'Lax', secure = true, persistent = false } = rules;
  const usual = secure ? `__${domain === null ? 'Host' : 'Secure'}-session` : 'session';
  return Object.freeze({ name: rules.name ?? usual, domain, sameSite, secure, persistent });
}

/** What must hold between the members, for a browser to keep the cookie. */
export function cookieFaults(path: readonly string[], rules: CookieRules | null | undefined): Fault[] {
  const cookie = cookieFrom(rules);
  if (cookie === null) return [];
  const { name, domain, sameSite, secure } = cookie;
  const faults: Fault[] = [];
  const fault = (at: CookieMemberName, rule: string) => faults.push({ where: pointerTo([...path, at]), rule });
  const prefix = /^__\w+-/.exec(name)?.[0];
  if (SECURE_PREFIX.test(name) && !secure) fault('secure', `must be true, not false: the name begins with ${prefix}`);
  if (HOST_PREFIX.test(name) && domain !== null) {
    fault('domain', `must not be there: the name begins with ${prefix}, which is for one host alone`);
  }
  if (sameSite === 'None' && !secure) fault('sameSite', 'must not be "None" where secure is false');
  return faults;
}

/** Says what the schema found in a cookie. `below`: the path within it. `value`: the whole document. */
export function faultsOfCookie(issue: z.core.$ZodIssue, below: readonly PropertyKey[], value: unknown): Fault[] {
  const where = pointerTo(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const rule = `is not a member of a cookie; there are ${Object.keys(COOKIE_MEMBERS).join(', ')}`;
    return issue.keys.map((key) => ({ where: pointerTo([...issue.path, key]), rule }));
  }
  const came = issue.path.reduce<unknown>((inner, part) => (inner as Record<PropertyKey, unknown>)[part], value);
  const kind = kindOf(came);
  if (below.length === 0) return [{ where, rule: `must be ${COOKIE_ALLOWED}, not ${kind}` }];
  const { allowed, type } = COOKIE_MEMBERS[below[0] as CookieMemberName];
  const isOfItsKind = typeof came === (type instanceof z.ZodBoolean ? 'boolean' : 'string');
  return [{ where, rule: `must be ${allowed}${isOfItsKind ? '' : `, not ${kind}`}` }];
}

export const COOKIE_ALLOWED = 'an object with the members of a cookie, or null';

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
