/**
 * An operation of the v1 API: one object that checks a request, types its handler and describes both in the OpenAPI
 * document (openapi.ts). So the document cannot say anything else than what the server does.
 */
import type { Context } from 'hono';
import type { z } from 'zod';
import type { ErrorCode } from '../core/errors.ts';
import type { Members } from '../core/json-text.ts';
import { DEFAULT_POLICY, type Policy, type PolicySource } from '../core/policy.ts';
import { type AppName, checkApp } from '../core/validate.ts';
import { readBodyOf } from './request-body.ts';
import { type HeaderName, queryOf } from './request-head.ts';
import type { Clock, RequestEnv, Route } from './route.ts';
import { pathPart } from './target.ts';

/** A body in one of its media types. `raw`: members whose text is kept, because data is never parsed and written again. */
export interface BodyOf<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  readonly raw?: readonly string[];
  readonly required: boolean;
  readonly example: unknown;
}

/** A body whose whole text is data, or a patch of it. */
export interface WholeBody {
  readonly whole: z.ZodType;
  readonly required: true;
  readonly example: unknown;
}

export interface Answer {
  readonly description: string;
  /** Absence: undefined for an answer without a body. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  readonly headers?: readonly ('ETag' | 'Location' | 'Idempotency-Replayed')[];
  /** Default: application/json. */
  readonly mediaType?: string;
}

export interface OperationOf<Q extends z.ZodType, B extends z.ZodType> {
  readonly id: string;
  readonly method: Route['method'];
  readonly path: string;
  readonly scope: Route['scope'];
  readonly narrowsApps?: true;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly headers?: readonly HeaderName[];
  readonly query?: Q;
  /** By media type; the first is the usual one. All handlers get the union of what their schemas give. */
  readonly bodies?: Readonly<Record<string, BodyOf<B> | WholeBody>>;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly errors: readonly ErrorCode[];
  readonly handle: (request: Asked<z.output<Q>, z.output<B>>) => Promise<Response>;
}

/** A request that was checked. */
export interface Asked<Q = unknown, B = unknown> {
  readonly c: Context<RequestEnv>;
  readonly now: number;
  /** Of the path; empty where the path has none. */
  readonly app: AppName;
  /** Of that app. */
  readonly policy: Policy;
  readonly query: Q;
  readonly body: B;
  readonly mediaType: string;
  /** The members of the body whose text is kept; with `whole`, those of the body itself. */
  readonly members: Members;
  /** The whole body in a form that is the same for the same request. */
  readonly text: string;
}

const NO_APP = '' as AppName;

/** Data may come with white space and escapes, and be longer than what is kept of it. Units: bytes. */
function roomFor({ maxDataBytes }: Policy): number {
  return 2 * maxDataBytes + 65_536;
}

/** What the document needs of an operation. */
export type Description = Omit<OperationOf<z.ZodType, z.ZodType>, 'handle'>;

export interface OperationRoute extends Route {
  readonly operation: Description;
}

export type Operations = <Q extends z.ZodType, B extends z.ZodType>(operation: OperationOf<Q, B>) => OperationRoute;

/** Gives what makes routes of operations. */
export function operationsWith(clock: Clock, policyOf: PolicySource): Operations {
  return (operation) => {
    const { method, path, scope, narrowsApps, query, bodies, handle } = operation;
    const hasApp = path.startsWith('/v1/apps/:app');
    const hasData = Object.values(bodies ?? {}).some((body) => 'whole' in body || body.raw !== undefined);
    return {
      method,
      path,
      scope,
      ...(narrowsApps && { narrowsApps }),
      operation: operation as unknown as Description,
      handle: async (c) => {
        const now = clock();
        const app = hasApp ? checkApp(pathPart(c, 3, 'app')) : NO_APP;
        const policy = hasApp ? policyOf(app) : DEFAULT_POLICY;
        const asked = queryOf(c, query);
        const body = await readBodyOf(c, bodies, hasData ? roomFor(policy) : undefined);
        return handle({ c, now, app, policy, query: asked, ...body });
      },
    };
  };
}
