/**
 * What our adapter for Java makes of a value (adapters/java: `JsonForms`): its JSON, and a note of the type where JSON does not tell
 * it. Here is the same rule, for values that were read and not made.
 */

/** Empty: JSON gives the value back by itself. */
export type Note =
  | string
  | { readonly each: Note }
  | { readonly at: Readonly<Record<string, Note>> }
  | { readonly set: Note };

/** A value with a form. `json`: compact text. */
export interface Form {
  readonly json: string;
  readonly note: Note;
}

/** The server takes data of 32 levels, and the data itself is one. */
export const DEEPEST = 31;

export const NULL: Form = { json: 'null', note: '' };

/** Absence: null for half of a character, which UTF-8 does not have. */
export function textForm(text: string, note: Note = ''): Form | null {
  return text.isWellFormed() ? { json: quoted(text), note } : null;
}

/** As our adapter writes it: signs below the space in hexadecimal, all of them. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/\\(?:[\\"]|u....|[bfnrt])/g, (found) => SHORT[found] ?? found);
}

const SHORT: Readonly<Record<string, string>> = {
  '\\b': '\\u0008',
  '\\t': '\\u0009',
  '\\n': '\\u000a',
  '\\f': '\\u000c',
  '\\r': '\\u000d',
};

export function booleanForm(value: boolean): Form {
  return { json: `${value}`, note: '' };
}

/** A whole number of a type: what JSON gives anyway has no note. */
export function wholeForm(type: 'int' | 'long' | 'short' | 'byte' | 'BigInteger', value: bigint): Form {
  const isNatural =
    type === 'int' ||
    (type === 'long' && BigInt.asIntN(32, value) !== value) ||
    (type === 'BigInteger' && BigInt.asIntN(64, value) !== value);
  return { json: `${value}`, note: isNatural ? '' : type };
}

/** Absence: null for what is no number. */
export function doubleForm(value: number): Form | null {
  return Number.isFinite(value) ? { json: decimalText(value, value.toExponential()), note: '' } : null;
}

/** Absence: null for what is no number. */
export function floatForm(value: number): Form | null {
  if (!Number.isFinite(value)) return null;
  let digits = 1;
  while (digits < 9 && Math.fround(Number(value.toPrecision(digits))) !== value) digits++;
  return { json: decimalText(value, Number(value.toPrecision(digits)).toExponential()), note: 'float' };
}

/** As Java writes it: `0.001` to `9999999.0` plain, else `1.0E21`. `shortest`: with the fewest digits, as `1.5e+21`. */
function decimalText(value: number, shortest: string): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  const [digits = '', power = '0'] = shortest.split('e');
  if (size >= 1e-3 && size < 1e7) {
    const plain = `${Number(shortest)}`;
    return plain.includes('.') ? plain : `${plain}.0`;
  }
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(power)}`;
}

/** Absence: null when an item has no form. */
export function listForm(items: readonly (Form | null)[]): Form | null {
  if (!items.every((item) => item !== null)) return null;
  const note = noteOfMembers(items.map((item, i) => [`${i}`, item.note] as const));
  return { json: `[${items.map(({ json }) => json).join(',')}]`, note };
}

/** Absence: null when an item has no form. */
export function setForm(items: readonly (Form | null)[]): Form | null {
  const list = listForm(items);
  return list === null ? null : { json: list.json, note: { set: list.note } };
}

/** Absence: null when a value has no form, or a name is no text (null). */
export function mapForm(members: readonly (readonly [string | null, Form | null])[]): Form | null {
  const known = new Map<string, Form>();
  for (const [name, form] of members) {
    if (name === null || form === null || !name.isWellFormed()) return null;
    known.set(name, form);
  }
  const json = [...known].map(([name, form]) => `${quoted(name)}:${form.json}`).join(',');
  return { json: `{${json}}`, note: noteOfMembers([...known].map(([name, form]) => [name, form.note] as const)) };
}

function noteOfMembers(notes: readonly (readonly [string, Note])[]): Note {
  const kinds = new Set(notes.map(([, note]) => JSON.stringify(note)));
  if (kinds.size === 1 && !kinds.has('""')) return { each: notes[0]![1] };
  const special = notes.filter(([, note]) => note !== '');
  return special.length === 0 ? '' : { at: Object.fromEntries(special) };
}
