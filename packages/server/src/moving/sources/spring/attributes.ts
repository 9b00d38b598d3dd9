/** What our adapter for Spring would have stored of the attributes of a session (adapters/java: `AttributeCodec`, `RestSessionRepository`). */
import type { Form } from '../java/form.ts';
import { classIn, formOfJson } from '../java/form-of-json.ts';
import { formOf } from '../java/form-of-object.ts';
import { isJava, type JavaItem, readJava } from '../java/object-stream.ts';
import { readPythonJson } from '../python/json-reader.ts';
import { membersText } from '../python/json-text.ts';
import type { PyValue } from '../python/value.ts';
import { type Principal, principalOf, principalOfJson } from './principal.ts';

const CONTEXT = 'SPRING_SECURITY_CONTEXT';
const PRINCIPAL = 'org.springframework.session.FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME';
const PREFIX = '_spring.';

export interface Attributes {
  /** Compact text of a JSON object. */
  readonly data: string;
  /** What has no form there: its name, and what it is. Never the value. */
  readonly lost: readonly string[];
  readonly principal: Principal;
  /** Gives the text or whole number of an attribute, or within one. Absence: null. */
  readonly textAt: (path: readonly string[]) => string | null;
}

/** An attribute. `item`: what Java wrote; `json`: what Jackson wrote. */
type Read = { readonly kind: 'java'; readonly item: JavaItem } | { readonly kind: 'json'; readonly value: PyValue };

/** `written`: the values by name, as they stand in Redis. Errors: NotReadable, NotJava. */
export function packAttributes(written: ReadonlyMap<string, Buffer>): Attributes {
  const shared = new Map<string, string>();
  const own = new Map<string, string>();
  const lost: string[] = [];
  let principal: Principal = { kind: 'nobody' };
  let subject: Principal | null = null;
  for (const [name, bytes] of written) {
    // Nothing is how null is written.
    if (bytes.length === 0) continue;
    const read = readValue(bytes);
    const form = read.kind === 'java' ? formOf(read.item) : formOfJson(read.value);
    if (name === CONTEXT) principal = read.kind === 'java' ? principalOf(read.item) : principalOfJson(read.value);
    if (name === PRINCIPAL) {
      // It is the subject, and no attribute beside it.
      if (form?.json.startsWith('"')) subject = { kind: 'user', name: JSON.parse(form.json) as string };
      continue;
    }
    if (form === null && read.kind === 'json') {
      // Without its context nobody is logged in: then the session is not taken at all.
      if (name === CONTEXT) throw new OnlyJava(classIn(read.value));
      lost.push(`${shown(name)} (${classIn(read.value)})`);
      continue;
    }
    if (form?.json === 'null') continue;
    put(name, form, bytes, shared, own);
  }
  const data = membersText(new Map([...shared, ...own]));
  return { data, lost, principal: subject ?? principal, textAt: (path) => textAt(shared, path) };
}

/** An object that only Java can make of its JSON. */
export class OnlyJava extends Error {
  override readonly name = 'OnlyJava';
}

function readValue(bytes: Buffer): Read {
  if (!isJava(bytes)) return { kind: 'json', value: readPythonJson(bytes.toString()) };
  return { kind: 'java', item: readJava(bytes) };
}

function put(
  name: string,
  form: Form | null,
  bytes: Buffer,
  shared: Map<string, string>,
  own: Map<string, string>,
): void {
  const key = PREFIX + name;
  if (form === null) {
    own.set(key, `{"java":"${bytes.toString('base64')}"}`);
    return;
  }
  const type = form.note === '' ? '' : `"type":${JSON.stringify(form.note)}`;
  if (isPrivate(name)) own.set(key, `{${type}${type === '' ? '' : ','}"json":${form.json}}`);
  else {
    shared.set(name, form.json);
    if (type !== '') own.set(key, `{${type}}`);
  }
}

/** Names that Spring itself gives to attributes, and those that begin with `_`. */
function isPrivate(name: string): boolean {
  return name.startsWith('_') || name.startsWith('SPRING_SECURITY_') || name.startsWith('org.springframework.');
}

function textAt(shared: ReadonlyMap<string, string>, [first = '', ...rest]: readonly string[]): string | null {
  const text = shared.get(first);
  let value: PyValue | undefined = text === undefined ? undefined : readPythonJson(text);
  for (const name of rest) value = value instanceof Map ? value.get(name) : undefined;
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' || typeof value === 'bigint' ? `${value}` : null;
}

function shown(name: string): string {
  return /^[\w.:-]{1,60}$/.test(name) ? name : 'an attribute';
}
