/**
 * The classic API: the routes of rest-sessions 2.x, exact to the byte where clients depend on it. Each handler checks in
 * the original's order (app, id or token, ip, ttl, d) and makes one call. Differences from the original are recorded in
 * UPGRADING.md.
 */
import { ServiceError } from '../../core/errors.ts';
import { type Members, readObject } from '../../core/json-text.ts';
import { initialData, mergeTopLevel } from '../../core/merge.ts';
import type { Policy } from '../../core/policy.ts';
import { EMPTY_DATA, type Session } from '../../core/session.ts';
import type { Sessions } from '../../core/sessions.ts';
import type { Visit } from '../../core/store.ts';
import {
  type AppName,
  checkApp,
  checkClassicIp,
  checkClassicSubject,
  checkClassicToken,
  checkIdleTimeout,
  type IdleTimeout,
  type Ip,
  isReservedApp,
} from '../../core/validate.ts';
import { ending } from '../guards/audit.ts';
import { countMiss } from '../guards/rate-limits.ts';
import { JSON_TYPE, readBody } from '../message/body.ts';
import { originOf } from '../message/origin.ts';
import { answer, type Call, type Clock, type Reply, type Route, trace } from '../message/route.ts';
import { pathPart, queryValue } from '../message/target.ts';
import { classicSession } from '../message/wire.ts';
import { answerList } from './list-answer.ts';

/** What the original answered, word for word ("containt" too): textual clients match it. */
const MESSAGES = {
  noIp: 'No ip supplied',
  seconds: 'ttl must be a positive integer >= 10',
  noData: 'd must containt at least one key.',
  array: 'd must be an object',
  format: (field: string) => `Invalid ${CLASSIC_FIELDS[field] ?? field} format`,
  /** 2.x took such names: the rule is told after its words. */
  reserved: 'Invalid app format: names that begin with _ are reserved',
};
const CLASSIC_FIELDS: Readonly<Record<string, string>> = { subject: 'id' };
const NONE = '{}';
const MIN_SECONDS = 10;

type C = Call;
type ClassicHandle = (c: C) => Promise<Reply>;

export function classicRoutes(sessions: Sessions, clock: Clock): Route[] {
  /** Gives the app of the path: a name that is allowed, of an app that these routes serve. */
  function appOf(c: C): AppName {
    const name = pathPart(c, 1, 'app');
    if (isReservedApp(name)) throw new ServiceError('invalid_format', MESSAGES.reserved, { field: 'app' });
    const app = checkApp(name);
    if (sessions.policy(app).classic) return app;
    throw new ServiceError('app_not_found', 'the classic routes do not serve this app', { field: 'app' });
  }

  async function create(c: C): Promise<Reply> {
    const app = appOf(c);
    const policy = sessions.policy(app);
    const subject = checkClassicSubject(pathPart(c, 3, 'subject'));
    const ip = ipOf(c);
    const idleTimeout = ttlOf(c, policy);
    const data = await createData(c);
    const absoluteTimeout = isFixed(c)
      ? soonest(idleTimeout, policy.classicAbsoluteTimeout)
      : policy.classicAbsoluteTimeout;
    const created = await sessions.create(
      { app, subject, ip, userAgent: null, label: null, idleTimeout, absoluteTimeout, data, tokenKind: 'classic' },
      clock(),
      undefined,
      originOf(c),
    );
    trace(c, created.session);
    return answer(c, JSON.stringify({ token: created.token }));
  }

  /** Checks at once, and makes one promise: it is on the way of nearly all traffic. */
  function get(c: C): Promise<Reply> {
    const now = clock();
    const app = appOf(c);
    const token = checkClassicToken(pathPart(c, 3, 'token'));
    return sessions.get(app, token, 'read', now).then((visit) => {
      // The original answered the counter as it was before this read.
      if (visit === null) return none(c);
      return answer(c, classicSession(trace(c, visit.session), visit.session.reads - 1, visit.idle, visit.at));
    });
  }

  async function set(c: C): Promise<Reply> {
    const app = appOf(c);
    const token = checkClassicToken(pathPart(c, 3, 'token'));
    const patch = await setData(c);
    const edit = ({ data }: Session) => ({ data: mergeTopLevel(data, patch) });
    const visit = await sessions.update(app, token, edit, clock(), undefined, undefined, originOf(c));
    return visit === null ? none(c) : answer(c, written(c, visit));
  }

  async function activity(c: C): Promise<Reply> {
    const now = clock();
    const app = appOf(c);
    return answer(c, JSON.stringify({ activity: (await sessions.count(app, windowOf(c), now)).subjects }));
  }

  async function soapp(c: C): Promise<Reply> {
    const now = clock();
    const app = appOf(c);
    return answerList(c, sessions.activeWithin(app, windowOf(c), now));
  }

  async function soid(c: C): Promise<Reply> {
    const now = clock();
    const app = appOf(c);
    const subject = checkClassicSubject(pathPart(c, 3, 'subject'));
    return answerList(c, sessions.bySubject(app, subject, now));
  }

  async function kill(c: C): Promise<Reply> {
    const now = clock();
    const app = appOf(c);
    const token = checkClassicToken(pathPart(c, 3, 'token'));
    const kill = await sessions.revokeByToken(app, token, now, { origin: originOf(c) });
    if (kill === 0) countMiss(c);
    return answer(c, JSON.stringify({ kill }));
  }

  async function killsoid(c: C): Promise<Reply> {
    const now = clock();
    const app = appOf(c);
    const subject = checkClassicSubject(pathPart(c, 3, 'subject'));
    const kill = await ending(c, 'subject.end', { app, subject }, () =>
      sessions.revoke(app, { by: 'subject', subject }, now, originOf(c)),
    );
    return answer(c, JSON.stringify({ kill }));
  }

  async function killall(c: C): Promise<Reply> {
    const now = clock();
    const app = appOf(c);
    const end = () => sessions.revoke(app, { by: 'app' }, now, originOf(c));
    const kill = await ending(c, 'app.end', { app }, end);
    return answer(c, JSON.stringify({ kill }));
  }

  const routes: (Route & { readonly handle: ClassicHandle })[] = [
    { method: 'PUT', path: '/:app/create/:id', scope: 'write', handle: create },
    { method: 'GET', path: '/:app/get/:token', scope: 'verify', handle: get },
    { method: 'POST', path: '/:app/set/:token', scope: 'write', handle: set },
    { method: 'GET', path: '/:app/activity', scope: 'read', handle: activity },
    { method: 'GET', path: '/:app/soapp', scope: 'read', handle: soapp },
    { method: 'GET', path: '/:app/soid/:id', scope: 'read', handle: soid },
    { method: 'DELETE', path: '/:app/kill/:token', scope: 'revoke', handle: kill },
    { method: 'DELETE', path: '/:app/killsoid/:id', scope: 'revoke', audits: 'subject.end', handle: killsoid },
    { method: 'DELETE', path: '/:app/killall', scope: 'admin', audits: 'app.end', handle: killall },
  ];
  return routes.map((route) => ({ ...route, handle: inClassicWords(route.handle, route.handle === get) }));
}

/** Lets a handler's errors speak as the original did. `checksAtOnce`: what it has to say of a request it throws before it waits. */
function inClassicWords(handle: ClassicHandle, checksAtOnce: boolean): ClassicHandle {
  return (c) => {
    try {
      const reply = handle(c);
      return checksAtOnce ? reply : reply.catch(reword);
    } catch (error) {
      return reword(error);
    }
  };
}

function reword(error: unknown): never {
  if (!(error instanceof ServiceError) || error.code !== 'invalid_format') throw error;
  if (error.message === MESSAGES.reserved) throw error;
  const field = error.field ?? 'request';
  throw new ServiceError('invalid_format', MESSAGES.format(field), { field, cause: error });
}

function ipOf(c: C): Ip {
  const given = queryValue(c, 'ip');
  if (given === 'absent' || (typeof given === 'object' && given.value === '')) {
    throw new ServiceError('missing_parameter', MESSAGES.noIp, { field: 'ip' });
  }
  if (typeof given === 'string') throw new ServiceError('invalid_format', MESSAGES.format('ip'), { field: 'ip' });
  return checkClassicIp(given.value);
}

function ttlOf(c: C, policy: Policy): IdleTimeout | null {
  const given = queryValue(c, 'ttl');
  if (given === 'absent' || (typeof given === 'object' && given.value === ''))
    return policy.idleTimeout as IdleTimeout | null;
  const milliseconds = secondsOf(given, 'ttl') * 1000;
  const { minIdleTimeout: min, maxIdleTimeout: max } = policy;
  if (milliseconds < min || milliseconds > max) {
    const bound = milliseconds < min ? `>= ${min / 1000}` : `<= ${max / 1000}`;
    throw new ServiceError('invalid_value', `${MESSAGES.seconds} and ${bound}`, { field: 'ttl' });
  }
  return checkIdleTimeout(milliseconds, policy);
}

/**
 * Whether use is not to lengthen the session (redis-sessions 2.0 and later). All but `true` is no, as there. A header, because the
 * query of 2.x never took it: a client that sends it there would get other sessions than it has today.
 */
function isFixed({ req, env }: C): boolean {
  const headers = env.incoming?.headers;
  return (headers === undefined ? req.header('session-no-resave') : headers['session-no-resave']) === 'true';
}

/** Gives the sooner end of two timeouts. Absence: null, for none. */
function soonest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** The window of `dt`, in milliseconds. */
function windowOf(c: C): number {
  return secondsOf(queryValue(c, 'dt'), 'dt') * 1000;
}

function secondsOf(given: ReturnType<typeof queryValue>, field: string): number {
  const text = typeof given === 'object' ? given.value : '';
  const seconds = /^[0-9]+$/.test(text) ? Number(text) : 0;
  if (seconds < MIN_SECONDS || !Number.isSafeInteger(seconds * 1000)) {
    throw new ServiceError('invalid_value', MESSAGES.seconds, { field });
  }
  return seconds;
}

async function createData(c: C): Promise<string> {
  const checkType = (mediaType: string) => {
    if (mediaType === JSON_TYPE) return;
    throw new ServiceError('unsupported_media_type', 'the body must be application/json', { field: 'data' });
  };
  const body = await readBody(c, undefined, checkType);
  if (body.length === 0) return EMPTY_DATA;
  checkType(body.mediaType);
  return initialData(readData(body.text()));
}

async function setData(c: C): Promise<Members> {
  const noData = () => new ServiceError('invalid_value', MESSAGES.noData, { field: 'data' });
  const body = await readBody(c, undefined, (mediaType) => {
    if (mediaType !== JSON_TYPE) throw noData();
  });
  const members = body.length === 0 || body.mediaType !== JSON_TYPE ? null : readData(body.text());
  if (members === null || members.size === 0) throw noData();
  return members;
}

function readData(text: string): Members {
  const members = readObject(text);
  if (members === null) throw new ServiceError('invalid_value', MESSAGES.array, { field: 'data' });
  return members;
}

/** The answer about a token that opens nothing. */
function none(c: C): Reply {
  countMiss(c);
  return answer(c, NONE);
}

function written(c: C, { session, idle, at }: Visit): string {
  return classicSession(trace(c, session), session.reads, idle, at);
}
