/** Who comes and goes: /console/login, /console/me, /console/logout. The bodies have keys and passwords; nothing quotes them. */
import { ServiceError } from '../../core/errors.ts';
import { CONSOLE_APP } from '../../core/validate.ts';
import { factsOf } from '../guards/audit.ts';
import type { Audit } from '../message/audit.ts';
import { readBody } from '../message/body.ts';
import type { Console, ConsoleSession, Credentials, LoginOutcome } from '../message/console.ts';
import { instantText } from '../message/instant-text.ts';
import { HEADERS, Refusal } from '../message/problem.ts';
import { requestIdOf } from '../message/request-id.ts';
import { answer, type Call, type Clock, type Handle } from '../message/route.ts';
import { seconds } from '../message/wire.ts';
import { clearCookie, kindFor, setCookie, shownIn } from './cookie.ts';
import { NO_CERTIFICATES, visitorOf } from './visitor.ts';

export interface LoginOptions {
  readonly console: Console;
  readonly clock: Clock;
  readonly version: string;
  /** Absence: null without an audit log. */
  readonly audit: Audit | null;
}

/** Units: bytes. A key has 40, a password 256 characters at most. */
const MOST = 4096;
/** Units: characters. */
const LONGEST = { key: 256, name: 64, password: 256 } as const;
const ABOUT = { app: CONSOLE_APP } as const;

/** Gives the handlers, by name. */
export function loginHandlers({ console, clock, version, audit }: LoginOptions): Readonly<Record<LoginRoute, Handle>> {
  const login: Handle = async (c) => {
    const given = credentialsIn(await readJson(c));
    const kind = kindFor(c);
    const before = shownIn(c);
    const now = clock();
    const caller = {
      address: c.env.incoming?.socket?.remoteAddress,
      certificates: c.env.certificates ?? NO_CERTIFICATES,
      requestId: requestIdOf(c),
    };
    const outcome = await console.login(given, caller, kind, now);
    if (outcome.kind !== 'begun') throw await refused(c, outcome);
    c.env.principal = outcome.session.principal;
    if (c.env.trace !== undefined) c.env.trace.key = outcome.session.principal.name;
    try {
      await audit?.noted('console.login', factsOf(c, ABOUT));
    } catch (error) {
      await console.end(outcome.token, now);
      throw error;
    }
    // Whoever had a cookie of ours before, or was given one, has that session no more.
    if (before !== null) await console.end(before.token, now);
    return answer(c, meJson(outcome.session), 200, { 'Set-Cookie': setCookie(kind, outcome.token) });
  };

  const refused = async (c: Call, outcome: Exclude<LoginOutcome, { kind: 'begun' }>): Promise<ServiceError> => {
    if (outcome.kind === 'busy') return new ServiceError('overloaded', 'too many log in at once; try again');
    const error =
      outcome.kind === 'limited'
        ? tooMany(outcome.wait)
        : new ServiceError(
            'unauthorized',
            'the key, or the name and the password, are not right or no longer in force',
          );
    await audit?.refused('console.login', { ...factsOf(c, ABOUT), key: outcome.name }, error.code);
    return error;
  };

  return {
    ways: (c) => answer(c, JSON.stringify({ ways: console.ways(), version })),
    login,
    me: async (c) => answer(c, meJson(await visitorOf(c, console, false, clock()))),
    stay: async (c) => answer(c, meJson(await visitorOf(c, console, true, clock()))),
    logout: async (c) => {
      const shown = shownIn(c);
      const now = clock();
      if (shown !== null) {
        const session = await console.find(shown, c.env.certificates ?? NO_CERTIFICATES, false, now);
        await console.end(shown.token, now);
        if (session !== null) {
          c.env.principal = session.principal;
          // The session has ended: nobody stays logged in because that cannot be written. The log says that it cannot.
          await audit?.noted('console.logout', factsOf(c, ABOUT)).catch(() => {});
        }
      }
      const { 'Content-Type': _noBody, ...headers } = HEADERS;
      return { status: 204, headers: { ...headers, 'Set-Cookie': clearCookie(shown?.kind ?? kindFor(c)) }, body: null };
    },
    logoutEverywhere: async (c) => {
      const now = clock();
      const { kind } = shownIn(c) ?? { kind: kindFor(c) };
      const session = await visitorOf(c, console, false, now);
      const begun = await audit?.begin('console.logout-everywhere', factsOf(c, ABOUT));
      let ended: number;
      try {
        ended = await console.endAll(session, now);
      } catch (error) {
        await begun?.end({ outcome: 'failed', code: error instanceof ServiceError ? error.code : 'internal_error' });
        throw error;
      }
      await begun?.end({ outcome: 'done', ended });
      return answer(c, JSON.stringify({ ended }), 200, { 'Set-Cookie': clearCookie(kind) });
    },
  };
}

export type LoginRoute = 'ways' | 'login' | 'me' | 'stay' | 'logout' | 'logoutEverywhere';

/** Reads a small JSON object. Errors: `invalid_json`, `invalid_request`, `body_too_large`. */
export async function readJson(c: Call): Promise<Readonly<Record<string, unknown>>> {
  const body = await readBody(c, MOST);
  let value: unknown;
  try {
    value = JSON.parse(body.text());
  } catch {
    // Not what the parser says: it quotes the text.
    throw new ServiceError('invalid_json', 'the body must be a JSON object');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('an object');
  return value as Record<string, unknown>;
}

/** Errors: `invalid_request`. */
function credentialsIn(body: Readonly<Record<string, unknown>>): Credentials {
  const members = Object.keys(body).sort().join();
  const text = (name: keyof typeof LONGEST): string => {
    const value = body[name];
    if (typeof value === 'string' && value.length >= 1 && value.length <= LONGEST[name]) return value;
    throw malformed(`an object whose ${name} is a text of 1 to ${LONGEST[name]} characters`);
  };
  if (members === '') return { way: 'open' };
  if (members === 'key') return { way: 'key', key: text('key').trim() };
  if (members === 'name,password') return { way: 'password', name: text('name'), password: text('password') };
  throw malformed('{"key"}, {"name", "password"} or {}');
}

export function malformed(what: string): ServiceError {
  return new ServiceError('invalid_request', `the body must be ${what}`);
}

function tooMany(wait: number): Refusal {
  const after = String(Math.max(1, Math.ceil(wait / 1000)));
  return new Refusal('rate_limited', 'too many tries to log in; try again later', { 'Retry-After': after });
}

function meJson({ principal, way, idleTimeout, expiresAt, absoluteExpiresAt }: ConsoleSession): string {
  const { name, scopes, apps } = principal;
  return JSON.stringify({
    name,
    way,
    scopes: [...scopes],
    apps: apps === '*' ? '*' : [...apps].sort(),
    idleTimeout: seconds(idleTimeout),
    expiresAt: instantText(expiresAt),
    absoluteExpiresAt: instantText(absoluteExpiresAt),
  });
}
