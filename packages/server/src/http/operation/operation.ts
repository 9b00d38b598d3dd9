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
import type { HeaderRule } from './header-rules.ts';
import { NO_BODY, readBodyOf } from './request-body.ts';
import { type HeaderName, queriesBy } from './request-head.ts';

export interface Answer {
  readonly description: string;
  /** Absence: undefined for an answer without a body. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  readonly headers?: readonly ('ETag' | 'Location' | 'Idempotency-Replayed' | GatewayHeader)[];
  /** Default: application/json. */
  readonly mediaType?: string;
  /** The same as text of another media type, for who asks for that with Accept. */
  readonly also?: { readonly mediaType: string; readonly example: string };
}

/** What the gateway tells of a session. */
export type GatewayHeader = 'Session-Id' | 'Session-Subject' | 'Session-Expires';

export interface OperationOf<Q extends z.ZodType, B extends z.ZodType> {
  readonly id: string;
  readonly method: Route['method'];
  readonly path: string;
  readonly scope: Route['scope'];
  readonly narrowsApps?: true;
  readonly forVisitors?: Route['forVisitors'];
  readonly audits?: Route['audits'];
  readonly mayBeLive?: true;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly headers?: readonly HeaderName[];
  /** Those that the operation cannot do without, beside Session-Token. */
  readonly required?: readonly HeaderName[];
  /** What a header means here, where that is not what it means elsewhere. */
  readonly meanings?: Readonly<Partial<Record<HeaderName, string | HeaderRule>>>;
  readonly query?: Q;
  /** By media type; the first is the usual one. All handlers get the union of what their schemas give. */
  readonly bodies?: Readonly<Record<string, BodyOf<B> | WholeBody>>;
  /**
   * Query parameters and media types that are taken as ever, and of which the document tells in words only: they change what the
   * answer or the body is, and so have an operation of their own. A generated client has one type for each.
   */
  readonly alsoTakes?: readonly string[];
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

type Place = Pick<Fault, 'in' | 'at'>;

const WHOLE_BODY: Place = { in: 'body', at: '' };

/**
 * Gives where in a request of an operation the values are that errors of core name (`subject`, `token`, `data`): `token` is a
 * header of one operation and a member of the body of another. What is declared in two places is in the last of them here.
 */
function placesOf({ path, headers = [], query, bodies = {} }: Description): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  if (headers.includes('Session-Token')) places.set('token', { in: 'header', at: 'Session-Token' });
  const forms = Object.values(bodies);
  for (const form of forms) {
    if ('whole' in form) continue;
    for (const name of form.raw ?? []) places.set('data', { in: 'body', at: `/${name}` });
    for (const name of namesIn(form.schema)) places.set(name, { in: 'body', at: `/${name}` });
  }
  if (forms.some((form) => 'whole' in form)) places.set('data', WHOLE_BODY);
  for (const name of namesIn(query)) places.set(name, { in: 'query', at: name });
  for (const [, name = ''] of path.matchAll(/\/:(\w+)/g)) places.set(name, { in: 'path', at: name });
  return places;
}

function namesIn(schema: z.ZodType | undefined): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** Adds to an error of core where its value is. The code of the error becomes the rule. */
function placed(error: unknown, places: ReadonlyMap<string, Place>): unknown {
  if (!(error instanceof ServiceError) || error.field === undefined || error.faults !== undefined) return error;
  const { code, message, field, cause, sessions } = error;
  // What is no JSON has no members.
  const place = code === 'invalid_json' ? WHOLE_BODY : (places.get(field) ?? WHOLE_BODY);
  const faults = [{ ...place, rule: code, message }];
  return new ServiceError(code, message, { field, faults, cause, ...(sessions && { sessions }) });
}

/** Gives what makes routes of operations. */
export function operationsWith(clock: Clock, policyOf: PolicySource): Operations {
  return (operation) => {
    const { method, path, scope, narrowsApps, audits, mayBeLive, headers = [], bodies, handle } = operation;
    const queryOf = queriesBy(operation.query);
    const hasApp = path.startsWith('/v1/apps/:app');
    const hasData = Object.values(bodies ?? {}).some((body) => 'whole' in body || body.raw !== undefined);
    const description = operation as unknown as Description;
    const places = placesOf(description);
    return {
      method,
      path,
      scope,
      ...(narrowsApps && { narrowsApps }),
      ...(audits && { audits }),
      ...(mayBeLive && { mayBeLive }),
      operation: description,
      handle: async (c) => {
        try {
          const app = hasApp ? checkApp(pathPart(c, 3, 'app')) : NO_APP;
          const policy = hasApp ? policyOf(app) : DEFAULT_POLICY;
          if (method !== 'GET') refuseOtherConditions(c, headers);
          const query = queryOf(c);
          // No wait for what nobody reads: most requests have no body.
          const read =
            bodies === undefined ? NO_BODY : await readBodyOf(c, bodies, hasData ? roomFor(policy) : undefined);
          const { body, mediaType, members, text } = read;
          // The clock is read when all of the body is there: a session that ends while the body comes has ended.
          return await handle({ c, now: clock(), app, policy, query, body, mediaType, members, text });
        } catch (error) {
          throw placed(explained(c, error), places);
        }
      },
    };
  };
}
