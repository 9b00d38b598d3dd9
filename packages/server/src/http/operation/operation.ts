/**
 * An operation of the v1 API: one object that checks a request, types its handler and describes both in the OpenAPI
 * document (openapi/openapi.ts). So the document cannot say anything else than what the server does.
 */
import { z } from 'zod';
import { type ErrorCode, type Fault, ServiceError } from '../../core/errors.ts';
import type { Members } from '../../core/json-text.ts';
import { DEFAULT_POLICY, type Policy, type PolicySource } from '../../core/policy.ts';
import { type AppName, checkApp } from '../../core/validate.ts';
import type { Call, Clock, Reply, Route } from '../message/route.ts';
import { pathPart } from '../message/target.ts';
import type { BodyOf, WholeBody } from './body-shape.ts';
import { explained, refuseOtherConditions } from './conditions.ts';
import { readBodyOf } from './request-body.ts';
import { type HeaderName, queryOf } from './request-head.ts';

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
  /** What a header means here, where that is not what it means elsewhere. */
  readonly meanings?: Readonly<Partial<Record<HeaderName, string>>>;
  readonly query?: Q;
  /** By media type; the first is the usual one. All handlers get the union of what their schemas give. */
  readonly bodies?: Readonly<Record<string, BodyOf<B> | WholeBody>>;
  readonly answers: Readonly<Record<number, Answer>>;
  readonly errors: readonly ErrorCode[];
  readonly handle: (request: Asked<z.output<Q>, z.output<B>>) => Promise<Reply>;
}

/** A request that was checked. */
export interface Asked<Q = unknown, B = unknown> {
  readonly c: Call;
  /** The instant at which all of the request was there. */
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

/**
 * Says where in the request a wrong value is. An error of core names only the value (`token`): for one operation that is a
 * header, for another a member of the body. The code of the error becomes the rule.
 */
function placed(
  error: unknown,
  { path, query, bodies = {} }: Pick<OperationOf<z.ZodType, z.ZodType>, 'path' | 'query' | 'bodies'>,
) {
  if (!(error instanceof ServiceError) || error.field === undefined || error.faults !== undefined) return error;
  const { code, message, field, sessions } = error;
  const forms = Object.values(bodies);
  const takes = (schema: z.ZodType | undefined) => schema instanceof z.ZodObject && field in schema.shape;
  const inBody = (at: string) => ({ in: 'body', at, rule: code, message }) as const;
  const place = (): Fault => {
    if (path.split('/').includes(`:${field}`)) return { in: 'path', at: field, rule: code, message };
    if (takes(query)) return { in: 'query', at: field, rule: code, message };
    if (forms.some((form) => 'schema' in form && takes(form.schema)))
      return inBody(code === 'invalid_json' ? '' : `/${field}`);
    if (field === 'token') return { in: 'header', at: 'Session-Token', rule: code, message };
    if (field !== 'data' || code === 'invalid_json' || forms.some((form) => 'whole' in form)) return inBody('');
    const kept = forms.flatMap((form) => ('raw' in form ? (form.raw ?? []) : []))[0];
    return inBody(kept === undefined ? '' : `/${kept}`);
  };
  return new ServiceError(code, message, {
    field,
    faults: [place()],
    cause: error.cause,
    ...(sessions && { sessions }),
  });
}

/** Gives what makes routes of operations. */
export function operationsWith(clock: Clock, policyOf: PolicySource): Operations {
  return (operation) => {
    const { method, path, scope, narrowsApps, headers = [], query, bodies, handle } = operation;
    const hasApp = path.startsWith('/v1/apps/:app');
    const hasData = Object.values(bodies ?? {}).some((body) => 'whole' in body || body.raw !== undefined);
    return {
      method,
      path,
      scope,
      ...(narrowsApps && { narrowsApps }),
      operation: operation as unknown as Description,
      handle: async (c) => {
        try {
          const app = hasApp ? checkApp(pathPart(c, 3, 'app')) : NO_APP;
          const policy = hasApp ? policyOf(app) : DEFAULT_POLICY;
          if (method !== 'GET') refuseOtherConditions(c, headers);
          const asked = queryOf(c, query);
          const body = await readBodyOf(c, bodies, hasData ? roomFor(policy) : undefined);
          // The clock is read when all of the body is there: a session that ends while the body comes has ended.
          return await handle({ c, now: clock(), app, policy, query: asked, ...body });
        } catch (error) {
          throw placed(explained(c, error), operation);
        }
      },
    };
  };
}
