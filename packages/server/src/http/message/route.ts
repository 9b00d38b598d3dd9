/** What a route is, and what its handler gets and gives. */
import type { Context } from 'hono';
import type { ErrorCode } from '../../core/errors.ts';
import type { Principal, Scope } from '../../core/principal.ts';
import type { Session } from '../../core/session.ts';
import { HEADERS } from './problem.ts';

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
}

/** The part of Node's request that the Web API does not have. */
export interface Incoming {
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  /** Names and values by turns, as they came. */
  readonly rawHeaders?: readonly string[];
  /** The caller's connection. */
  readonly socket?: { readonly remoteAddress?: string | undefined; readonly destroy?: () => unknown };
  readonly iterator?: (options: { destroyOnReturn: boolean }) => AsyncIterable<Uint8Array>;
}

/** What comes with a request beside the Request itself: an object, empty where there is no socket. */
export interface RequestEnv {
  Bindings: {
    incoming?: Incoming;
    trace?: Trace;
    /** The names in the client's certificate. */
    certificates?: readonly string[];
    /** Who calls. Absence: undefined on routes for everyone, and on a server without keys. */
    principal?: Principal;
    /** Tokens of this request that opened nothing. Absence: undefined when nobody counts them. */
    misses?: number;
  };
}

/** Told of faults that are not the caller's: 5xx, and answers that broke off. */
export type OnFault = (error: unknown, trace: Trace | undefined) => void;

export type Handle = (c: Context<RequestEnv>) => Response | Promise<Response>;

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Absence: null when the route is for everyone. */
  readonly scope: Scope | null;
  /** Parts that start with `:` match any text. */
  readonly path: string;
  /** For a route without an app in its path: it answers only for apps that `seesApp` lets through. */
  readonly narrowsApps?: true;
  readonly handle: Handle;
}

/** Answers. A HEAD answer carries the length of the body it does not have. */
export function answer(c: Context<RequestEnv>, body: string, status = 200, extra?: Record<string, string>): Response {
  const headers = extra === undefined ? HEADERS : { ...HEADERS, ...extra };
  if (c.req.method !== 'HEAD') return new Response(body, { status, headers });
  return new Response(body, { status, headers: { ...headers, 'Content-Length': String(Buffer.byteLength(body)) } });
}

/** Notes the session for the request log, by its public id. */
export function trace(c: Context<RequestEnv>, session: Session): Session {
  if (c.env.trace !== undefined) c.env.trace.session = session.id;
  return session;
}

/** Gives who calls: the name of its key. Without keys all callers are one: empty. */
export function callerOf(c: Context<RequestEnv>): string {
  return c.env.principal?.name ?? '';
}
