/**
 * Bodies of v1 requests. The text of data is kept as it came, so a body is taken apart as text (core/json-text.ts); the
 * schema sees its other members, and of data only that it is an object.
 */
import type { z } from 'zod';
import { ServiceError } from '../../core/errors.ts';
import { type Members, readEnvelope, readObject, writeObject } from '../../core/json-text.ts';
import { readBody } from '../message/body.ts';
import type { Call } from '../message/route.ts';
import type { BodyOf, WholeBody } from './body-shape.ts';
import { checked, EMPTY_ARRAY, invalid, shown } from './faults.ts';

/** Enough for everything but data. Units: bytes. */
const MAX_BODY = 262_144;

/** What handlers get of a body. */
interface Read<B> {
  readonly body: B;
  readonly mediaType: string;
  readonly members: Members;
  readonly text: string;
}

/** What they get where there is none. */
// biome-ignore lint/suspicious/noExplicitAny: what an operation without a body has in its place is of no type
export const NO_BODY: Read<any> = Object.freeze({ body: undefined, mediaType: '', members: new Map(), text: '' });

/** Reads the body in one of its media types. Errors: of readBody, `invalid_request`, `invalid_json`, `invalid_value`. */
export async function readBodyOf<B extends z.ZodType>(
  c: Call,
  bodies: Readonly<Record<string, BodyOf<B> | WholeBody>>,
  max = MAX_BODY,
): Promise<Read<z.output<B>>> {
  const types = Object.keys(bodies).join(' or ');
  const { length, mediaType, text } = await readBody(c, max, (type) => {
    if (bodies[type] === undefined) throw wrongType(types);
  });
  const [first] = Object.values(bodies);
  if (length === 0 && first !== undefined && !first.required) {
    return { ...NO_BODY, body: checked(first.schema, {}, 'body') };
  }
  const form = bodies[mediaType];
  if (form === undefined) {
    const message = `a body of the type ${types} is required`;
    if (length === 0) throw invalid([{ in: 'body', at: '', rule: 'required', message }]);
    throw wrongType(types);
  }
  if ('whole' in form) {
    const members = readObject(text());
    if (members === null) throw notAnObject('', text());
    return { body: undefined as z.output<B>, mediaType, members, text: writeObject(members) };
  }
  if (mediaType === FORM_TYPE) return readForm(form, text());
  const given = readEnvelope(text());
  if (given === null) throw notAnObject('', text());
  const members: Members = new Map();
  const plain: Record<string, unknown> = Object.create(null);
  for (const [name, member] of given) {
    const isKept = form.raw?.includes(name);
    if (isKept) members.set(name, member);
    // Of an object it is enough to know that it is one; what is in it is read as text.
    plain[name] = isKept && member.value.startsWith('{') ? {} : JSON.parse(member.value);
  }
  return { body: checked(form.schema, plain, 'body'), mediaType, members, text: writeObject(given) };
}

/** Gives the members of one member that is an object. Absence: an empty map when there is none. */
export function membersIn(members: Members, name: string): Members {
  const member = members.get(name);
  if (member === undefined) return new Map();
  const inner = readObject(member.value);
  if (inner === null) throw notAnObject(`/${name}`, member.value);
  return inner;
}

export const FORM_TYPE = 'application/x-www-form-urlencoded';

function readForm<B extends z.ZodType>({ schema }: BodyOf<B>, text: string) {
  const given: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    // RFC 6749 has each parameter once; of two tokens none is the one that was meant.
    if (name in given) {
      throw invalid([
        { in: 'body', at: `/${shown(name)}`, rule: 'once', message: `${shown(name)} must be given once` },
      ]);
    }
    given[name] = value;
  }
  return { body: checked(schema, given, 'body'), mediaType: FORM_TYPE, members: new Map(), text };
}

function wrongType(types: string): ServiceError {
  return new ServiceError('unsupported_media_type', `the body must be of the type ${types}`);
}

/** `text`: of the array that came. */
function notAnObject(at: string, text: string): ServiceError {
  const came = /^\s*\[\s*\]\s*$/.test(text) ? EMPTY_ARRAY : 'an array';
  const message = `${at === '' ? 'the body' : at.slice(1)} must be an object, not ${came}`;
  return invalid([{ in: 'body', at, rule: 'type', message }]);
}
