/**
 * /console/search: one box for a token, a session id and a subject. A token is hashed here; it is in no URL and no line of a log, and to
 * look for it counts no read and touches nothing.
 */
import { ServiceError } from '../../core/errors.ts';
import type { Session } from '../../core/session.ts';
import type { Sessions } from '../../core/sessions.ts';
import { type AppName, CALLER_TOKEN, CALLER_TOKEN_LENGTH, checkApp, checkSubject } from '../../core/validate.ts';
import { admit, seesApp } from '../guards/auth.ts';
import { countMiss, type RateLimits } from '../guards/rate-limits.ts';
import type { Console } from '../message/console.ts';
import { Refusal } from '../message/problem.ts';
import { requestIdOf } from '../message/request-id.ts';
import { answer, type Call, type Clock, callerOf, type Route, trace } from '../message/route.ts';
import { sessionJson } from '../message/wire.ts';
import { malformed, readJson } from './login-routes.ts';
import { visitorOf } from './visitor.ts';

export interface SearchOptions {
  readonly console: Console;
  readonly clock: Clock;
  /** Whose answers have no data. */
  readonly sessions: Sessions;
  /** Absence: null when nobody is limited. */
  readonly rateLimits: RateLimits | null;
}

export const SEARCH_PATH = '/console/search';
const SCOPE = 'read';
/** Units: characters. The longest is a token. */
const LONGEST = 256;

export function searchRoute({ console, clock, sessions, rateLimits }: SearchOptions): Route {
  const route: Route = { method: 'POST', path: SEARCH_PATH, scope: SCOPE, narrowsApps: true, handle };
  return route;

  async function handle(c: Call) {
    const { principal } = await visitorOf(c, console, true, clock());
    admit(c, principal, SCOPE, route, -1);
    const { app, text } = wanted(await readJson(c));
    if (!seesApp(c, app)) throw new ServiceError('forbidden', 'the key is not for this app');
    // Whether it is served at all.
    sessions.policy(app);
    const now = clock();
    const found = mayBeToken(text) ? await ofToken(c, app, text, now) : null;
    if (found !== null) return told(c, 'token', app, found, now);
    const visit = await sessions.find(app, text, now);
    if (visit !== null) return told(c, 'session', app, visit.session, now);
    return ofSubject(c, app, text, now);
  }

  /** Who shows many tokens that open nothing may be guessing, here as elsewhere. */
  async function ofToken(c: Call, app: AppName, token: string, now: number): Promise<Session | null> {
    const limiter = rateLimits?.misses ?? null;
    const allowance = limiter?.look(callerOf(c), now);
    if (allowance?.allowed === false) {
      rateLimits!.onMisses(callerOf(c), now, requestIdOf(c));
      const after = String(Math.max(1, Math.ceil(allowance.wait / 1000)));
      throw new Refusal('rate_limited', 'too many tokens that open nothing', { 'Retry-After': after });
    }
    const visit = await sessions.lookFor(app, token, now);
    if (visit !== null) return visit.session;
    // What cannot be told from a name is none that was guessed.
    if (isLikeToken(token)) {
      limiter?.charge(callerOf(c), 1, now);
      countMiss(c);
    }
    return null;
  }

  async function told(c: Call, kind: 'token' | 'session', app: AppName, session: Session, now: number) {
    const { subject } = trace(c, session);
    const count = subject === null ? 1 : await countOf(app, subject, now);
    const json = sessionJson(session);
    return answer(c, `{"kind":"${kind}","session":${json},"subject":${JSON.stringify(subject)},"sessions":${count}}`);
  }

  async function ofSubject(c: Call, app: AppName, text: string, now: number) {
    const isName = isSubject(text);
    const count = isName ? await countOf(app, text, now) : 0;
    // Somebody whose sessions have all ended is known as long as the history is kept.
    const isKnown = count > 0 || (isName && (await sessions.history(app, checkSubject(text), now)).length > 0);
    const subject = isKnown ? text : null;
    return answer(c, JSON.stringify({ kind: isKnown ? 'subject' : 'none', session: null, subject, sessions: count }));
  }

  async function countOf(app: AppName, subject: string, now: number): Promise<number> {
    let count = 0;
    for await (const batch of sessions.bySubject(app, checkSubject(subject), now)) count += batch.sessions.length;
    return count;
  }
}

/** Errors: `invalid_request`, `invalid_format`. */
function wanted(body: Readonly<Record<string, unknown>>): { app: AppName; text: string } {
  const { app, text, ...others } = body;
  if (typeof app !== 'string' || typeof text !== 'string' || Object.keys(others).length > 0) {
    throw malformed('{"app": "…", "text": "…"}');
  }
  const bare = text.trim();
  if (bare === '' || bare.length > LONGEST) throw malformed(`an object whose text has 1 to ${LONGEST} characters`);
  return { app: checkApp(app), text: bare };
}

function mayBeToken(text: string): boolean {
  return text.length >= CALLER_TOKEN_LENGTH.min && CALLER_TOKEN.test(text);
}

/** Long, of both cases and digits: no name, and no id of a session. */
function isLikeToken(text: string): boolean {
  return text.length >= 22 && /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text);
}

function isSubject(text: string): boolean {
  try {
    checkSubject(text);
    return true;
  } catch {
    return false;
  }
}
