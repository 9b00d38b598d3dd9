/** What comes before the body of a v1 request: query, and the headers that mean something. */
import type { z } from 'zod';
import { ServiceError } from '../../core/errors.ts';
import type { Repeatable } from '../../core/idempotency.ts';
import type { LockRef } from '../../core/store.ts';
import { hashOfLock } from '../../core/token.ts';
import type { Call } from '../message/route.ts';
import { queryPairs, rawQuery } from '../message/target.ts';
import { checked, invalid, shown, unknown } from './faults.ts';
import { type HeaderRule, IDEMPOTENCY_KEY, KEY_TEXT, TAGS_TEXT } from './header-rules.ts';

export type C = Call;

/** The headers that operations read, what they are for, and what their text is. Where only words are given, it may be any. */
export const HEADER_MEANINGS = {
  'Session-Token':
    'The token of the session. Send it once. A token that opens no session, whatever it looks like, is 404.',
  'If-Match': {
    description:
      'The call is only done if the session has this ETag; else it is 412. Send the ETag as it came, with its quotes. Several with commas between them are allowed, and `*` for any.',
    schema: TAGS_TEXT,
  },
  'If-None-Match': {
    description: 'Only `*`: the call is only done if there is no such session; else it is 412.',
    schema: { type: 'string', const: '*' },
  },
  'Session-Lock':
    'The `lock` that the call which locked the session gave. The call is only done while it holds; else it is 409 `lock_lost`. Without the header the call is done whoever has the lock.',
  'Last-Event-ID':
    'Of a stream: the `id` of the last event that was heard; the stream goes on behind it. It goes before `after`. Clients send it by themselves when they come again.',
  'Idempotency-Key': {
    description:
      'Text of 1 to 255 visible ASCII characters, new for each intent. The same key and request give the same answer for ten minutes; with another request the key is refused with 422.',
    schema: KEY_TEXT,
  },
} as const satisfies Readonly<Record<string, string | HeaderRule>>;
export type HeaderName = keyof typeof HEADER_MEANINGS;

/** As Node has their names. */
const LOWER = {
  Authorization: 'authorization',
  'Session-Token': 'session-token',
  'Session-Lock': 'session-lock',
  'If-Match': 'if-match',
  'If-None-Match': 'if-none-match',
  'Idempotency-Key': 'idempotency-key',
  'Last-Event-ID': 'last-event-id',
} as const satisfies Record<HeaderName | 'Authorization', string>;

/** Gives a header. Absence: null. */
export function headerOf({ req, env }: C, name: HeaderName | 'Authorization'): string | null {
  // Node has them parsed; asking the Request would make it build all of them anew.
  const headers = env.incoming?.headers;
  if (headers !== undefined) {
    const own = headers[LOWER[name]];
    return typeof own === 'string' ? own : null;
  }
  return req.raw.headers.get(name);
}

/** Gives the session token that the request presents. Errors: `missing_parameter`. */
export function tokenOf(c: C): string {
  const token = headerOf(c, 'Session-Token');
  if (token === null) {
    throw new ServiceError('missing_parameter', 'the header Session-Token is required', {
      faults: [
        { in: 'header', at: 'Session-Token', rule: 'required', message: 'the header Session-Token is required' },
      ],
    });
  }
  return token;
}

/** Gives the lock that a change is bound to. Absence: undefined without one. Errors: `invalid_request`. */
export function lockOf(c: C, { release = false }: { readonly release?: boolean | undefined }): LockRef | undefined {
  const name = headerOf(c, 'Session-Lock');
  if (name !== null) return { hash: hashOfLock(name), release };
  if (!release) return undefined;
  throw invalid([{ in: 'query', at: 'release', rule: 'context', message: 'release needs the header Session-Lock' }]);
}

/** Gives the lock that the request names. Errors: `missing_parameter`. */
export function lockNameOf(c: C): string {
  const name = headerOf(c, 'Session-Lock');
  if (name !== null) return name;
  const message = 'the header Session-Lock is required';
  throw new ServiceError('missing_parameter', message, {
    faults: [{ in: 'header', at: 'Session-Lock', rule: 'required', message }],
  });
}

/** Gives what makes a request repeatable. `parts`: all that must be the same. Absence: undefined without a key. */
export function repeatableOf(c: C, caller: string, parts: readonly string[]): Repeatable | undefined {
  const key = headerOf(c, 'Idempotency-Key');
  if (key === null) return undefined;
  if (!IDEMPOTENCY_KEY.test(key)) {
    const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters';
    throw invalid([{ in: 'header', at: 'Idempotency-Key', rule: 'format', message }]);
  }
  return { caller, key, request: JSON.stringify(parts) };
}

/** Queries of an operation whose reading is kept, and how long they may be. */
const KEPT_QUERIES = 32;
const LONGEST_KEPT = 64;

/**
 * Gives what reads the queries of an operation. Most callers send the same few over and over, none or `touch=true`: those are
 * checked by the schema once. It gives the same for the same text, and handlers only look at it. Errors: those of `queryOf`.
 */
export function queriesBy<Q extends z.ZodType>(schema: Q | undefined): (c: C) => z.output<Q> {
  const kept = new Map<string, z.output<Q>>();
  return (c) => {
    const text = rawQuery(c);
    const known = kept.get(text);
    if (known !== undefined) return known;
    const query = queryOf(c, schema);
    if (text.length <= LONGEST_KEPT && kept.size < KEPT_QUERIES) kept.set(text, query);
    return query;
  };
}

/** Gives the query by its schema. Errors: `invalid_request`, also for a name that is unknown or given twice. */
function queryOf<Q extends z.ZodType>(c: C, schema: Q | undefined): z.output<Q> {
  const given: Record<string, string> = Object.create(null);
  for (const [name, value] of queryPairs(c)) {
    if (name === null || value === null) {
      throw invalid([{ in: 'query', at: '', rule: 'format', message: 'the query must be percent-encoded UTF-8' }]);
    }
    if (name in given) {
      throw invalid([{ in: 'query', at: shown(name), rule: 'once', message: `${shown(name)} must be given once` }]);
    }
    given[name] = value;
  }
  if (schema !== undefined) return checked(schema, given, 'query');
  const names = Object.keys(given);
  if (names.length > 0) throw invalid(names.map((name) => unknown('query', [], name)));
  return {} as z.output<Q>;
}
