/**
 * Errors in the document. Each code has a schema of its own, and an answer is one of those that it can be: so a code that is
 * misspelt, or that this call never answers, is an error of types in a client made from the document.
 */
import { ERROR_CODES, type ErrorCode, type Fault } from '../../core/errors.ts';
import { problemExample } from '../message/problem.ts';
import { SESSION_EXAMPLE } from '../v1/examples.ts';
import { Problem } from '../v1/problem-schema.ts';
import type { Json, JsonSchemas } from './json-schemas.ts';

/** Gives the schema of answers with one of these codes. */
export function problemSchema(codes: readonly ErrorCode[], schemas: JsonSchemas): Json {
  const each = codes.map((code) => schemas.add(nameOf(code), schemaOf(code, schemas)));
  return each.length === 1 ? each[0]! : { oneOf: each };
}

function schemaOf(code: ErrorCode, schemas: JsonSchemas): Json {
  return {
    description: ERROR_CODES[code],
    allOf: [
      schemas.of(Problem),
      // Not the status, too: orval makes texts of constant numbers, and of the two of Problem and of this a type that nothing has.
      { type: 'object', required: ['code'], properties: { code: { const: code } } },
    ],
  };
}

/** Gives the name of a schema: `session_not_found` has `SessionNotFoundProblem`. */
function nameOf(code: ErrorCode): string {
  const words = code.split('_').map((word) => word[0]!.toUpperCase() + word.slice(1));
  return `${words.join('')}Problem`;
}

/** A fault of each kind that errors name. What is not in here has no `errors`. */
const FAULTS: Readonly<Partial<Record<ErrorCode, Fault>>> = {
  invalid_request: { in: 'body', at: '/ip', rule: 'type', message: 'ip must be a string, not a number' },
  invalid_format: {
    in: 'path',
    at: 'subject',
    rule: 'invalid_format',
    message: 'subject must be 1 to 255 characters without line breaks',
  },
  invalid_value: {
    in: 'body',
    at: '/idleTimeout',
    rule: 'invalid_value',
    message: 'idleTimeout must be between 1 and 31536000 seconds, or 0 to end the session',
  },
  invalid_json: { in: 'body', at: '', rule: 'invalid_json', message: 'the body is not valid JSON' },
  invalid_cursor: {
    in: 'query',
    at: 'cursor',
    rule: 'invalid_cursor',
    message: 'cursor must be one that a list answer gave',
  },
  missing_parameter: {
    in: 'header',
    at: 'Session-Token',
    rule: 'required',
    message: 'the header Session-Token is required',
  },
  data_too_large: {
    in: 'body',
    at: '/data',
    rule: 'data_too_large',
    message: 'the session data must not exceed 65536 bytes',
  },
  token_taken: { in: 'body', at: '/token', rule: 'token_taken', message: 'the token opens a session already' },
  token_replaced: {
    in: 'header',
    at: 'Session-Token',
    rule: 'token_replaced',
    message: 'a rotation replaced the token: use the new one',
  },
};

/** Gives the body of an error as the document shows it. */
export function exampleOf(code: ErrorCode): unknown {
  const fault = FAULTS[code];
  return {
    ...problemExample(code, fault && [fault]),
    ...(code === 'session_limit_reached' && { sessions: [SESSION_EXAMPLE] }),
  };
}
