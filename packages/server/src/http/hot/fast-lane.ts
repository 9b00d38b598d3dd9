/**
 * The fast lane: the way of the reads that are nearly all traffic (a session, and the gateway), past Hono and the web's Request and Response. It
 * decides by a strict pattern on the head of a request, and takes nothing whose head is unusual in any way: that goes the
 * ordinary way, untouched. What it takes meets the same guards and the same handler (app.ts, guardedRoutes), so nothing is
 * decided here but the way.
 *
 * Not here: `sessions:verify`. Its body has to be read either way, and one call already checks hundreds of tokens.
 * Rejected: handlers of its own for the two reads. They would have saved another microsecond and been a second truth.
 */
import { failure, type OnFault } from '../message/failure.ts';
import type { Call, Incoming, Reply, RequestEnv, Route } from '../message/route.ts';

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

const CLASSIC_PATH = '/:app/get/:token';
const SESSION_PATH = '/v1/apps/:app/session';
const FIELDS_PATH = '/v1/apps/:app/session/fields';
const GATEWAY_PATH = '/v1/apps/:app/gateway/*';

const READS: ReadonlySet<Route['method']> = new Set(['GET', 'ALL']);

export class FastLane {
  private readonly classicGet: Route;
  private readonly getSession: Route;
  private readonly gateway: Route;
  private readonly getFields: Route;
  private readonly onFault: OnFault;

  /** `routes`: of the whole server, with their guards. */
  constructor(routes: readonly Route[], onFault: OnFault) {
    const read = (path: string) => routes.find((route) => READS.has(route.method) && route.path === path)!;
    this.classicGet = read(CLASSIC_PATH);
    this.getSession = read(SESSION_PATH);
    this.gateway = read(GATEWAY_PATH);
    this.getFields = read(FIELDS_PATH);
    this.onFault = onFault;
  }

  /** Gives the route of a request that the lane takes. Absence: null for all that goes the ordinary way. */
  routeOf({ method, url = '', headers }: Head): Route | null {
    if (method !== 'GET') return null;
    const route = this.readOf(url);
    return route !== null && isPlain(headers) ? route : null;
  }

  private readOf(url: string): Route | null {
    if (CLASSIC_GET.test(url)) return this.classicGet;
    if (GET_SESSION.test(url)) return this.getSession;
    if (GET_FIELDS.test(url)) return this.getFields;
    return GATEWAY.test(url) ? this.gateway : null;
  }

  /** Answers a request that the lane has taken. `write` is called once, at once or later. */
  answer({ path, handle }: Route, env: HotEnv, write: (reply: Reply) => void): void {
    const call: Call = { env, req: new HotRequest(env.incoming) };
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

/** Tells whether a request has no body, wants nothing of the connection, and says plainly whom it speaks to. */
function isPlain(headers: Head['headers']): boolean {
  return (
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.expect === undefined &&
    headers.upgrade === undefined &&
    typeof headers.host === 'string' &&
    isPlainHost(headers.host)
  );
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
  readonly method = 'GET';
  readonly path: string;
  private readonly head: Head;

  constructor(head: Head) {
    this.head = head;
    const { url = '' } = head;
    const query = url.indexOf('?');
    this.path = query < 0 ? url : url.slice(0, query);
  }

  header(name: string): string | undefined {
    const value = this.head.headers[name.toLowerCase()];
    return typeof value === 'string' ? value : undefined;
  }

  /** For a handler that wants the web's Request: none of these does. */
  get raw(): Request {
    const { url = '', headers } = this.head;
    return new Request(`http://localhost${url}`, { headers: headers as Record<string, string> });
  }
}
