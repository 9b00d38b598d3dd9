/** What a schema finds wrong, in words that name the value, the rule and the kind of what came. */
import { z } from 'zod';
import { type Fault, ServiceError } from '../../core/errors.ts';

/** Checks a value by its schema. Errors: `invalid_request` with all faults. */
export function checked<S extends z.ZodType>(schema: S, value: unknown, place: Fault['in']): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, value, place));
  throw invalid(faults);
}

/** Gives the error of a request that has faults. The message is that of the first. */
export function invalid(faults: readonly Fault[]): ServiceError {
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return new ServiceError('invalid_request', `${faults[0]!.message}${more}`, { faults });
}

function faultsOf(issue: z.core.$ZodIssue, value: unknown, place: Fault['in']): Fault[] {
  const at = place === 'body' ? pointer(issue.path) : issue.path.join('.');
  const name = issue.path.length === 0 ? `the ${place}` : issue.path.join('.');
  const fault = (rule: string, message: string): Fault => ({ in: place, at, rule, message });
  const came = kindOf(valueAt(value, issue.path));
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknown(place, issue.path, key));
    case 'invalid_type':
      if (came === 'nothing') return [fault('required', `${name} is required`)];
      if (issue.expected === 'record' && isEmptyArray(valueAt(value, issue.path))) {
        return [fault('type', `${name} must be an object, not ${EMPTY_ARRAY}`)];
      }
      return [fault('type', `${name} must be ${article(issue.expected)}, not ${came}`)];
    case 'invalid_value':
      return [
        fault('enum', `${name} must be one of ${issue.values.join(', ')}${came === 'a string' ? '' : `, not ${came}`}`),
      ];
    case 'too_small':
      return [fault('min', `${name} must ${measured('least', issue.minimum, issue.origin)}`)];
    case 'too_big':
      return [fault('max', `${name} must ${measured('most', issue.maximum, issue.origin)}`)];
    default:
      return [fault('format', `${name} must be ${issue.message}`)];
  }
}

/** What PHP writes for an empty object, and what to do there. */
export const EMPTY_ARRAY = 'an empty array: send {}, which PHP writes for (object)[] and not for []';

function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Gives the fault of a name that the request must not have. */
export function unknown(place: Fault['in'], path: readonly PropertyKey[], key: string): Fault {
  const name = shown(key);
  return {
    in: place,
    at: place === 'body' ? pointer([...path, name]) : name,
    rule: 'unknown',
    message: `${quoted(key)} is no ${place === 'query' ? 'query parameter' : 'member'} of this request`,
  };
}

/** Gives enough of a name to find it again. Not all of a long one: it may be a token in the wrong place. */
export function shown(name: string): string {
  return name.length <= LONGEST_NAME
    ? name
    : `${[...name.slice(0, LONGEST_NAME)].slice(0, LONGEST_NAME / 2).join('')}…`;
}

/** Longer than any name of ours, and shorter than tokens are. */
const LONGEST_NAME = 20;

/** Shows a name as it was sent, but not at any length, and nothing in it that a log or a terminal would obey. */
export function quoted(name: string): string {
  return JSON.stringify(shown(name)).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (odd) => `\\u{${odd.codePointAt(0)!.toString(16)}}`,
  );
}

function pointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<PropertyKey, unknown> | undefined)?.[part], value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return article(typeof value);
}

function article(kind: string): string {
  if (kind === 'null') return kind;
  if (kind === 'record') return 'an object';
  if (kind === 'int') return 'a whole number';
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function measured(bound: 'least' | 'most', amount: number | bigint, origin: string): string {
  const unit = origin === 'string' ? 'character' : origin === 'array' ? 'item' : undefined;
  if (unit === undefined) return `be at ${bound} ${amount}`;
  return `have at ${bound} ${amount} ${unit}${Number(amount) === 1 ? '' : 's'}`;
}

/** A rule in words, for schemas with a format of their own: `must be …`. */
export function matching(pattern: RegExp, words: string) {
  return z.string().regex(pattern, { error: words });
}
