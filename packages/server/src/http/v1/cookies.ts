/** The token that a visitor presents: in a cookie, or in the header `Session-Token` where there are no cookies. */
import type { CookiePolicy } from '../../core/policy.ts';
import type { Call } from '../message/route.ts';
import { headerOf } from '../operation/request-head.ts';

/**
 * Where the policy has no cookie: the first of these that is there. A page over HTTPS has the first one, which no other host can
 * set, so a cookie that another host planted under the second name does not count there.
 */
const USUAL_NAMES = ['__Host-session', 'session'] as const;

/**
 * Gives the tokens that came with a request, each once; empty ones are none. More than one is for the caller to refuse: nobody knows
 * which is meant. `cookie`: of the policy, null when it has none.
 */
export function presentedTokens(c: Call, cookie: CookiePolicy | null): ReadonlySet<string> {
  const tokens = new Set<string>();
  const header = headerOf(c, 'Session-Token');
  // Lines of the same name come joined; a token has no space.
  for (const token of header?.split(/[ \t]*,[ \t]+|[ \t]+,/) ?? []) if (token !== '') tokens.add(token);
  const cookies = cookiesOf(c);
  if (cookies === undefined) return tokens;
  for (const name of cookie === null ? USUAL_NAMES : [cookie.name]) {
    if (addNamed(cookies, name, tokens)) break;
  }
  return tokens;
}

function cookiesOf({ req, env }: Call): string | undefined {
  const headers = env.incoming?.headers;
  return headers === undefined ? req.header('cookie') : (headers.cookie as string | undefined);
}

/** Adds the values of all cookies of a name. Gives whether there were any that are not empty. */
function addNamed(cookies: string, name: string, tokens: Set<string>): boolean {
  let isThere = false;
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    const value = plain(pair.slice(equals + 1).trim());
    if (value === '') continue;
    isThere = true;
    tokens.add(value);
  }
  return isThere;
}

/** Gives a value without the quotes and the percent-encoding that some stacks put around it: no token has either. */
function plain(value: string): string {
  const bare = value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  return bare.includes('%') ? bare.replace(/%(2C|3A|7E)/gi, (escaped) => decodeURIComponent(escaped)) : bare;
}
