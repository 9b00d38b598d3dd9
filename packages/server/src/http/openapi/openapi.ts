/**
 * The OpenAPI 3.1 document of the v1 API, made from the operations that serve it: nothing here says what a route does.
 * The classic routes are not in it (UPGRADING.md has them), nor are answers to what is no HTTP request at all.
 */
import { ERROR_CODES, type ErrorCode } from '../../core/errors.ts';
import { PROBLEM_TYPE, STATUS } from '../message/problem.ts';
import { answer, type Route } from '../message/route.ts';
import type { HeaderRule } from '../operation/header-rules.ts';
import type { Answer, Description, OperationRoute } from '../operation/operation.ts';
import { FORM_TYPE } from '../operation/request-body.ts';
import { HEADER_MEANINGS } from '../operation/request-head.ts';
import { type Json, JsonSchemas } from './json-schemas.ts';
import {
  API_KEY,
  API_KEY_BASIC,
  ERROR_HEADERS,
  HEADER_ANSWERS,
  type HeaderAnswer,
  type HeaderAnswerName,
  INFO,
  LIMITS,
  PARTS,
  TAGS,
} from './openapi-words.ts';
import { exampleOf, problemSchema } from './problems.ts';

/** Gives what writes the document when it is first asked for, and keeps it: 20 ms that no start needs to wait for. */
export function openApiDocument(routes: readonly OperationRoute[], version: string): () => string {
  let text: string | undefined;
  return () => {
    text ??= openApiText(routes, version);
    return text;
  };
}

/** Serves the document. */
export function openApiRoute(document: () => string): Route {
  return { method: 'GET', path: '/openapi.json', scope: null, handle: (c) => answer(c, document()) };
}

/** Writes the document. `version`: of the server. */
function openApiText(routes: readonly OperationRoute[], version: string): string {
  const schemas = new JsonSchemas();
  const paths: Record<string, Json> = {};
  for (const { operation } of routes) {
    const path = operation.path.replaceAll(/\/:(\w+)/g, '/{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: operationObject(operation, schemas) };
  }
  const used = new Set(routes.flatMap(({ operation }) => errorsOf(operation)));
  return JSON.stringify({
    openapi: '3.1.0',
    info: { ...INFO, version },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, { title, description }]) => ({ name, 'x-displayName': title, description })),
    paths,
    components: {
      schemas: schemas.named,
      headers: Object.fromEntries(Object.entries(HEADER_ANSWERS).filter(([, { required }]) => required)),
      examples: Object.fromEntries(
        [...used].map((code) => [code, { summary: ERROR_CODES[code], value: exampleOf(code) }]),
      ),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: API_KEY },
        apiKeyBasic: { type: 'http', scheme: 'basic', description: API_KEY_BASIC },
      },
    },
  });
}

function operationObject(operation: Description, schemas: JsonSchemas): Json {
  const { id, tag, summary, description, scope, bodies, alsoTakes = [], answers } = operation;
  const needs = scope === null ? '' : `Scope of the API key: \`${scope}\`.`;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [description, needs].filter(Boolean).join('\n\n'),
    ...(scope !== null && { 'x-scope': scope, security: [{}, { apiKey: [scope] }, { apiKeyBasic: [scope] }] }),
    parameters: parametersOf(operation, schemas),
    ...(bodies !== undefined && { requestBody: requestBody(bodies, alsoTakes, schemas) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, responseObject(answer, schemas)]),
      ),
      ...problemResponses(operation, schemas),
    },
  };
}

function parametersOf(operation: Description, schemas: JsonSchemas): Json[] {
  const { path, query, headers = [], meanings = {}, alsoTakes = [], forVisitors } = operation;
  const inPath = [...path.matchAll(/\/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    ...PARTS[name!],
  }));
  const inHeader = headers.map((name) => ({
    name,
    in: 'header',
    required: (name === 'Session-Token' && forVisitors === undefined) || operation.required?.includes(name) === true,
    ...ruleOf(meanings[name] ?? HEADER_MEANINGS[name]),
  }));
  const { properties = {}, required = [] } = (query === undefined ? {} : schemas.of(query)) as Members;
  const inQuery = Object.entries(properties)
    .filter(([name]) => !alsoTakes.includes(name))
    .map(([name, { description, example, ...schema }]) => ({
      name,
      in: 'query',
      required: required.includes(name),
      description,
      schema,
      ...(example !== undefined && { example }),
    }));
  return [...inPath, ...inHeader, ...inQuery];
}

/** What a schema of a query says. */
interface Members {
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
}

/** Where there are only words, the text of a header may be any. */
function ruleOf(meaning: string | HeaderRule): HeaderRule {
  return typeof meaning === 'string' ? { description: meaning, schema: { type: 'string' } } : meaning;
}

function requestBody(
  bodies: NonNullable<Description['bodies']>,
  alsoTakes: readonly string[],
  schemas: JsonSchemas,
): Json {
  const forms = Object.entries(bodies).filter(([type]) => !alsoTakes.includes(type));
  return {
    required: forms.some(([, { required }]) => required),
    content: Object.fromEntries(
      forms.map(([type, body]) => [
        type,
        { schema: schemas.of('whole' in body ? body.whole : body.schema), example: body.example },
      ]),
    ),
  };
}

function responseObject(answer: Answer, schemas: JsonSchemas): Json {
  const { description, schema, example, headers = [], mediaType = 'application/json', also } = answer;
  return {
    description,
    headers: headersObject(['Cache-Control', ...headers, ...LIMITS]),
    ...(schema !== undefined && {
      content: {
        [mediaType]: { schema: schemas.of(schema), example },
        ...(also && { [also.mediaType]: { schema: { type: 'string' }, example: also.example } }),
      },
    }),
  };
}

/** What a request of any route can be answered before its route is asked. */
const BEFORE_ROUTES: readonly ErrorCode[] = [
  'bad_request',
  'request_timeout',
  'uri_too_long',
  'expectation_failed',
  'misdirected_request',
  'headers_too_large',
];

/** Gives the errors that an operation can answer with: its own, and those of all that read what it reads. */
export function errorsOf({
  method,
  path,
  headers = [],
  bodies,
  scope,
  errors,
  forVisitors,
  audits,
}: Description): ErrorCode[] {
  const codes: ErrorCode[] = ['invalid_request', ...errors];
  if (path.includes('/:app')) codes.push('invalid_format', 'app_not_found');
  if (headers.includes('Session-Token') && forVisitors === undefined) codes.push('missing_parameter');
  if (bodies !== undefined) {
    codes.push('invalid_json', 'invalid_format', 'body_too_large', 'unsupported_media_type');
    // Of numbers, nesting and timeouts: a form has none of them.
    if (Object.keys(bodies).some((type) => type !== FORM_TYPE)) codes.push('invalid_value');
  }
  if (scope !== null) codes.push('forbidden', 'rate_limited');
  if (scope !== null && forVisitors === undefined) codes.push('unauthorized');
  if (method !== 'GET') codes.push('cross_site_request');
  if (audits !== undefined) codes.push('audit_unavailable');
  codes.push(...BEFORE_ROUTES, 'overloaded', 'store_unavailable', 'internal_error');
  return [...new Set(codes)];
}

function problemResponses(operation: Description, schemas: JsonSchemas): Json {
  const codes = errorsOf(operation);
  const always = Object.keys(operation.forVisitors?.always ?? {}) as HeaderAnswerName[];
  const statuses = new Set(codes.map((code) => STATUS[code]));
  return Object.fromEntries(
    [...statuses].map((status) => {
      const some = codes.filter((code) => STATUS[code] === status);
      return [
        status,
        {
          description: some.map((code) => `\`${code}\`: ${ERROR_CODES[code]}`).join('\n\n'),
          headers: headersOfErrors(some, always),
          content: {
            [PROBLEM_TYPE]: {
              schema: problemSchema(some, schemas),
              examples: Object.fromEntries(some.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
            },
          },
        },
      ];
    }),
  );
}

/** Gives the headers of answers with one status. One that not all of them have is not promised. `always`: of all that the route itself gives. */
function headersOfErrors(codes: readonly ErrorCode[], always: readonly HeaderAnswerName[]): Json {
  const names = [...new Set([...codes.flatMap((code) => ERROR_HEADERS[code] ?? []), ...always])];
  const isOfAll = (name: HeaderAnswerName) => codes.every((code) => ERROR_HEADERS[code]?.includes(name));
  return {
    ...headersObject(['Cache-Control', 'X-Request-Id', ...names.filter(isOfAll)]),
    ...Object.fromEntries(
      names.filter((name) => !isOfAll(name)).map((name) => [name, { ...HEADER_ANSWERS[name], required: false }]),
    ),
  };
}

function headersObject(names: readonly HeaderAnswerName[]): Json {
  return Object.fromEntries([...new Set(names)].map((name) => [name, headerObject(name)]));
}

/** Some generators take every header behind a reference for one that is always there. */
function headerObject(name: HeaderAnswerName): Json {
  const header: HeaderAnswer = HEADER_ANSWERS[name];
  return header.required ? { $ref: `#/components/headers/${name}` } : { ...header };
}
