/** The shape of errors, and the list of their codes as a type. */
import { z } from 'zod';
import { type ErrorCode as Code, ERROR_CODES } from '../../core/errors.ts';
import { Session } from './schemas.ts';

export const ErrorCode = z
  .enum(Object.keys(ERROR_CODES) as [Code, ...Code[]])
  .meta({ id: 'ErrorCode', description: 'What to compare. docs/errors.md says what each means.' });

const ParameterPlace = z.enum(['query', 'header', 'path']).meta({ id: 'ParameterPlace' });

const Fault = z
  .object({
    pointer: z.string().optional().describe('A JSON pointer into the body.'),
    parameter: z.string().optional().describe('Of the query, the path or the headers: its name.'),
    in: ParameterPlace.optional().describe('Where the parameter is.'),
    rule: z.string().describe('Which rule the value breaks.'),
    message: z.string(),
  })
  .meta({ id: 'Fault', description: 'What is wrong with one value of the request.' });

export const Problem = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: ErrorCode,
    requestId: z
      .string()
      .describe(
        'Of the request, as in the log of the server: the trace id of its `traceparent`, else its `X-Request-Id`, else drawn. The header `X-Request-Id` of the answer has it, too.',
      ),
    errors: z.array(Fault).optional(),
    sessions: z
      .array(Session)
      .optional()
      .describe('Of session_limit_reached: the sessions that are there, most recent activity first.'),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457). Compare its `code`.' });
