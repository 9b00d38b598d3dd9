/** What a route is, and what its handler gets and gives. */
import type { Hono } from 'hono';
import type { ErrorCode } from '../../core/errors.ts';
import type { Outlet } from '../../core/hearing.ts';
import type { Principal, Scope } from '../../core/principal.ts';
import type { Session } from '../../core/session.ts';
import type { ArrivingBody } from './arriving.ts';
import type { Act, Audit } from './audit.ts';
import { type ErrorForm, HEADERS } from './problem.ts';

export type { Clock } from '../../core/instant.ts';
export type { Scope } from '../../core/principal.ts';

/** What the request log wants to know and only the handlers can tell. */
export interface Trace {
  /** The template of the route: never the path, which holds tokens. */
  route: string;
  session?: string;
  /** The name of the caller's API key. */
  key?: string;
  error?: ErrorCode;
  /** Absence: undefined until somebody has asked for it (request-id.ts). */
  requestId?: string;
  /** Of the trace that is kept of the request. Absence: undefined without one. */
  traceId?: string;
  /** The answer goes on until somebody ends it: that its client leaves is no failure. */
  isLive?: true;
}

/** Who counts requests; made in metrics/. */
export interface Meter {
  /** `route`: its template. Units: milliseconds. `traceId`: absence: undefined where the request has no trace. */
  answered(route: string, status: number, duration: number, traceId?: string): void;
  /** A request was turned away because the server is full. */
  shed(): void;
  /** A token was shown that opened nothing. `app`: empty when it was looked for in several. */
  missed(app: string): void;
}

/** The part of Node's request that the Web API does not have. */
export interface Incoming {
  readonly url?: string | undefined;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values by turns, as they came. */
  readonly rawHeaders?: readonly string[];
  /** The caller's connection. */
  readonly socket?: {
    readonly remoteAddress?: string | undefined;
    readonly destroyed?: boolean;
    readonly readableEnded?: boolean;
    readonly destroy?: () => unknown;
    readonly on?: (event: 'end' | 'close', run: () => void) => unknown;
    readonly off?: (event: 'end' | 'close', run: () => void) => unknown;
  };
  /** Absence: undefined when nobody watches its body. */
  readonly arriving?: ArrivingBody | undefined;
  readonly iterator?: (options: { destroyOnReturn: boolean }) => AsyncIterable<Uint8Array>;
}

/** Who counts answers that are made as fast as they are read (stream.ts): nothing is done for one that waits for its client. */
export interface StreamCount {
  /** Gives false when as many are under way as may be. */
  begin(): boolean;
  rest(): void;
  goOn(): void;
  end(): void;
}

/** What comes with a request beside the Request itself: an object, empty where there is no socket. */
export interface RequestEnv {
  Bindings: {
    incoming?: Incoming;
    trace?: Trace;
    /** Where there is no trace to keep it. Absence: undefined until somebody has asked for it (request-id.ts). */
    requestId?: string;
    /** Absence: undefined where nobody counts. */
    meter?: Meter;
    /** Of the trace that is kept of the request. Absence: undefined without one. */
    traceId?: string;
    /** Absence: undefined where nobody counts. */
    streams?: StreamCount;
    /** Hands the connection to an answer that is live. Absence: undefined where there is none. */
    openLive?: (reply: Reply) => Response;
    /** Tells whether the caller may still do what was let through. Absence: undefined on routes that are not live, and without keys. */
    isStillAllowed?: (now: number) => boolean;
    /** The names in the client's certificate. */
    certificates?: readonly string[];
    /** Who calls. Absence: undefined on routes for everyone, and on a server without keys. */
    principal?: Principal;
    /** Tokens of this request that opened nothing. Absence: undefined when nobody counts them. */
    misses?: number;
    /** Of routes that are audited, on a server that has an audit log. */
    audit?: Audit;
    /** What the answer has in any case, also one of an error. Absence: undefined for nothing. */
    always?: Reply['headers'];
    /** The form of errors. Absence: undefined where the path tells. */
    errorForm?: ErrorForm;
    /** By what the caller came, where that is not an API key of its own request. */
    via?: 'console';
  };
}

/** What answers requests: made in app.ts, and all that the sockets know of it. */
export type App = Hono<RequestEnv>;

/** What a handler gets: a request, as Hono's context has it or as the fast lane does (hot/). */
export interface Call {
  readonly env: RequestEnv['Bindings'];
  readonly req: {
    readonly method: string;
    /** What routes are matched on: see target.ts. */
    readonly path: string;
    /** Nothing in the path is encoded: who made this has looked. Absence: undefined where nobody has. */
    readonly isPlain?: true;
    header(name: string): string | undefined;
    readonly raw: Pick<Request, 'url' | 'body' | 'arrayBuffer'> & { readonly headers: Pick<Headers, 'get'> };
  };
}

/** What a handler gives: an answer before anybody has written it. Absence: a null body for an answer that has none. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** A body that is no text. Then `body` is null. */
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** The body of an answer whose length nobody knows yet, made as fast as it is read (stream.ts). Then `body` is null. */
  readonly pieces?: AsyncGenerator<string, void, void>;
  /** Writes an answer that goes on until somebody ends it. Then `body` is null. It is always called, also for a client that has gone. */
  readonly live?: (outlet: Outlet) => void;
}

export type Handle = (c: Call) => Reply | Promise<Reply>;

export interface Route {
  /** `ALL`: whatever it is. */
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'ALL';
  /** Absence: null when the route is for everyone. */
  readonly scope: Scope | null;
  /** Parts that start with `:` match any text; `/*` at the end matches all that is below, and nothing. */
  readonly path: string;
  /** For a route without an app in its path: it answers only for apps that `seesApp` lets through. */
  readonly narrowsApps?: true;
  /**
   * A proxy asks in the name of a visitor, and hands on what that one sent. So 401 speaks of the visitor alone: what is wrong
   * with the key of the proxy is 403. And headers of the visitor may come as often as they like.
   */
  readonly forVisitors?: {
    /** What every answer has, also one of an error. */
    readonly always: Reply['headers'];
  };
  /** An answer of it may go on for as long as the caller is allowed to ask. */
  readonly mayBeLive?: true;
  /** What the route does to sessions of others, where that is written into the audit log (guards/audit.ts). */
  readonly audits?: Act;
  readonly handle: Handle;
}

/** Answers. A HEAD answer carries the length of the body it does not have. */
export function answer(_c: Call, body: string, status = 200, extra?: Record<string, string>): Reply {
  const length = Buffer.byteLength(body);
  const headers = extra === undefined ? keptHeaders(length) : { ...HEADERS, ...extra, 'Content-Length': `${length}` };
  return { status, headers, body };
}

/** Answers with something that has an ETag. */
export function answerTagged(body: string, ETag: string, status = 200): Reply {
  return { status, headers: keptHeaders(Buffer.byteLength(body), ETag), body };
}

/** Of so many answers the headers are kept: those of reads are the same over and over. */
const KEPT = 1024;
const kept = new Map<string | number, Reply['headers']>();

/** Gives the headers of an answer without further ones: frozen, because many share them. */
function keptHeaders(length: number, ETag?: string): Reply['headers'] {
  const key = ETag === undefined ? length : length + ETag;
  let headers = kept.get(key);
  if (headers === undefined) {
    if (kept.size === KEPT) kept.clear();
    headers = Object.freeze({ ...HEADERS, ...(ETag !== undefined && { ETag }), 'Content-Length': `${length}` });
    kept.set(key, headers);
  }
  return headers;
}

/** Notes the session for the request log, by its public id. */
export function trace(c: Call, session: Session): Session {
  if (c.env.trace !== undefined) c.env.trace.session = session.id;
  return session;
}

/** Gives who calls: the name of its key. Without keys all callers are one: empty. */
export function callerOf(c: Call): string {
  return c.env.principal?.name ?? '';
}
