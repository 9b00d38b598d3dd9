/**
 * The fast lane: the way of the reads that are nearly all traffic (a session, and the gateway), and of the usual writes (a session is
 * created, changed, touched, ended), past Hono and the web's Request and Response. It decides by a strict pattern on the head of a request,
 * and takes nothing whose head is unusual in any way: that goes the ordinary way, untouched. What it takes meets the same guards and the
 * same handler (app.ts, guardedRoutes), so nothing is decided here but the way. The writes come from Node's parser, body and all; only
 * reads are ever taken from the bytes of a connection (head.ts).
 *
 * Not here: `sessions:verify`. Its body has to be read either way, and one call already checks hundreds of tokens.
 * Rejected: handlers of its own for the reads. They would have saved another microsecond and been a second truth.
 */
import { JSON_TYPE } from '../message/body.ts';
import { failure, type OnFault } from '../message/failure.ts';
import type { Call, Incoming, Reply, RequestEnv, Route } from '../message/route.ts';
import { type BodyStream, wholeBody } from './whole-body.ts';

/** What of Node's request decides. Names of headers are in lower case. */
export interface Head extends Incoming {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type HotEnv = RequestEnv['Bindings'] & { readonly incoming: Head };

/** Plain names only: nothing to decode, no slash at the end, no word in capitals. */
const CLASSIC_GET = /^\/[\w-]{3,20}\/get\/[A-Za-z0-9]{40,64}$/;
const GET_SESSION = /^\/v1\/apps\/[\w-]{3,20}\/session(?:\?[\w.,=&-]{1,256})?$/;
const GATEWAY = /^\/v1\/apps\/[\w-]{3,20}\/gateway(?:\?[\w.,=&-]{1,256})?$/;
/** The same read, of the members that `fields` names. */
const GET_FIELDS = /^\/v1\/apps\/[\w-]{3,20}\/session\/fields\?[\w.,=&-]{1,256}$/;
/** What the ordinary way takes for a host without a second look; others it has the URL class read. */
const PLAIN_HOST = /^[a-z0-9._-]+(?::(?:[1-5]\d{3,4}|[6-9]\d{3}))?$/;

/** A body that is read in one piece, or a few. */
const SHORT = /^[1-9]\d{0,3}$/;

const CLASSIC_PATH = '/:app/get/:token';
const SESSION_PATH = '/v1/apps/:app/session';
const FIELDS_PATH = '/v1/apps/:app/session/fields';
const GATEWAY_PATH = '/v1/apps/:app/gateway/*';

const READS: readonly Route['method'][] = ['GET', 'ALL'];

/** A write that the lane takes: by its target, and by what its head says of a body. */
interface Write {
  readonly method: Route['method'];
  readonly path: string;
  readonly target: RegExp;
  readonly hasItsBody: (headers: Head['headers']) => boolean;
}

const ON_SESSION = /^\/v1\/apps\/[\w-]{3,20}\/session$/;

const WRITES: readonly Write[] = [
  {
    method: 'PUT',
    path: '/:app/create/:id',
    // With an ip at least: the classic form asks for it.
    target: /^\/[\w-]{3,20}\/create\/\w[\w.@-]{0,63}\?[\w.:=&-]{1,256}$/,
    hasItsBody: hasEmptyBody,
  },
  {
    method: 'POST',
    path: '/:app/set/:token',
    target: /^\/[\w-]{3,20}\/set\/[A-Za-z0-9]{40,64}$/,
    hasItsBody: hasShortJson,
  },
  {
    method: 'DELETE',
    path: '/:app/kill/:token',
    target: /^\/[\w-]{3,20}\/kill\/[A-Za-z0-9]{40,64}$/,
    hasItsBody: hasEmptyBody,
  },
  {
    method: 'POST',
    path: '/v1/apps/:app/sessions',
    target: /^\/v1\/apps\/[\w-]{3,20}\/sessions$/,
    hasItsBody: hasShortJson,
  },
  { method: 'PATCH', path: SESSION_PATH, target: ON_SESSION, hasItsBody: hasShortJson },
  {
    method: 'POST',
    path: '/v1/apps/:app/session/touch',
    target: /^\/v1\/apps\/[\w-]{3,20}\/session\/touch$/,
    hasItsBody: hasEmptyBody,
  },
  { method: 'DELETE', path: SESSION_PATH, target: ON_SESSION, hasItsBody: hasEmptyBody },
];

export class FastLane {
  private readonly classicGet: Route;
  private readonly getSession: Route;
  private readonly gateway: Route;
  private readonly getFields: Route;
  private readonly writes: readonly (Write & { readonly route: Route })[];
  private readonly onFault: OnFault;

  /** `routes`: of the whole server, with their guards. */
  constructor(routes: readonly Route[], onFault: OnFault) {
    const find = (methods: readonly Route['method'][], path: string) =>
      routes.find((route) => methods.includes(route.method) && route.path === path)!;
    this.classicGet = find(READS, CLASSIC_PATH);
    this.getSession = find(READS, SESSION_PATH);
    this.gateway = find(READS, GATEWAY_PATH);
    this.getFields = find(READS, FIELDS_PATH);
    this.writes = WRITES.map((write) => ({ ...write, route: find([write.method], write.path) }));
    this.onFault = onFault;
  }

  /** Gives the route of a request that the lane takes. Absence: null for all that goes the ordinary way. */
  routeOf({ method, url = '', headers }: Head): Route | null {
    if (method === 'GET') {
      const route = this.readOf(url);
      return route !== null && isPlain(headers) && hasNoBody(headers) ? route : null;
    }
    for (const { method: own, target, hasItsBody, route } of this.writes) {
      if (own === method && target.test(url)) return isPlain(headers) && hasItsBody(headers) ? route : null;
    }
    return null;
  }

  /** The same for a head that can have no body and wants nothing of the connection (head.ts): four look-ups less for each read. */
  routeOfPlain({ url = '', headers }: Head): Route | null {
    const route = this.readOf(url);
    return route !== null && hasPlainHost(headers) ? route : null;
  }

  private readOf(url: string): Route | null {
    if (CLASSIC_GET.test(url)) return this.classicGet;
    if (GET_SESSION.test(url)) return this.getSession;
    if (GET_FIELDS.test(url)) return this.getFields;
    return GATEWAY.test(url) ? this.gateway : null;
  }

  /** Answers a request that the lane has taken. `write` is called once, at once or later. */
  answer({ path, handle }: Route, env: HotEnv, write: (reply: Reply) => void): void {
    const { incoming } = env;
    const call: Call = { env, req: incoming.method === 'GET' ? new HotRequest(incoming) : new HotWrite(incoming) };
    if (env.trace !== undefined) env.trace.route = path;
    const fail = (error: unknown) => write(failure(call, error, this.onFault));
    let reply: Reply | Promise<Reply>;
    try {
      reply = handle(call);
    } catch (error) {
      fail(error);
      return;
    }
    // A promise more for each read would be seen in its CPU.
    if (reply instanceof Promise) void reply.then(write, fail);
    else write(reply);
  }
}

function hasNoBody(headers: Head['headers']): boolean {
  return headers['content-length'] === undefined;
}

/** None, or one that is said to be empty, as many clients do with a PUT. */
function hasEmptyBody(headers: Head['headers']): boolean {
  return hasNoBody(headers) || headers['content-length'] === '0';
}

/** A body of which nothing can be wrong but the JSON. */
function hasShortJson(headers: Head['headers']): boolean {
  const length = headers['content-length'];
  return (
    typeof length === 'string' &&
    SHORT.test(length) &&
    headers['content-type'] === JSON_TYPE &&
    headers['content-encoding'] === undefined
  );
}

/** Tells whether a request has no body in chunks, wants nothing of the connection, and says plainly whom it speaks to. */
function isPlain(headers: Head['headers']): boolean {
  return (
    headers['transfer-encoding'] === undefined &&
    headers.expect === undefined &&
    headers.upgrade === undefined &&
    hasPlainHost(headers)
  );
}

function hasPlainHost({ host }: Head['headers']): boolean {
  return typeof host === 'string' && isPlainHost(host);
}

/** The host that was last seen to be plain: nearly all requests have the same. */
let usualHost = '';

function isPlainHost(host: string): boolean {
  if (host === usualHost) return true;
  if (!PLAIN_HOST.test(host)) return false;
  usualHost = host;
  return true;
}

/** A request as handlers see it. */
class HotRequest {
  readonly method: string;
  readonly path: string;
  /** By the patterns of the lane. */
  readonly isPlain = true;
  protected readonly head: Head;

  constructor(head: Head) {
    this.head = head;
    this.method = head.method!;
    const { url = '' } = head;
    const query = url.indexOf('?');
    this.path = query < 0 ? url : url.slice(0, query);
  }

  header(name: string): string | undefined {
    const value = this.head.headers[name.toLowerCase()];
    return typeof value === 'string' ? value : undefined;
  }

  /** For a handler that wants the web's Request: none of these two does. */
  get raw(): Call['req']['raw'] {
    const { url = '', headers } = this.head;
    return new Request(`http://localhost${url}`, { headers: headers as Record<string, string> });
  }
}

/** One that may have a body: what readBody wants to know of it, without the web's Request. */
class HotWrite extends HotRequest {
  override get raw(): Call['req']['raw'] {
    const { url = '' } = this.head;
    const headers = { get: (name: string) => this.header(name) ?? null };
    return { url, headers, body: null, arrayBuffer: () => wholeBody(this.head as unknown as BodyStream) };
  }
}
