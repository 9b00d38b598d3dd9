/**
 * Writes values of Python as our adapters for Python do: `json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))`,
 * letter by letter, so that a session that came over is the same text as one that the adapter wrote.
 */
import { kindOf, PyFloat, PyObject, PyTuple, type PyValue } from './value.ts';

/** JSON has no form for a value. The message is its kind: `datetime.date`. */
export class NoForm extends Error {
  override readonly name = 'NoForm';
}

/** Subclasses of str that Python writes as the text that they are. */
const TEXTS = new Set(['django.utils.safestring.SafeString', 'django.utils.safestring.SafeText', 'markupsafe.Markup']);

/** Errors: NoForm. */
export function jsonText(value: PyValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return `${value}`;
  if (value instanceof PyFloat) return floatText(value.value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (value instanceof PyTuple) return `[${value.items.map(jsonText).join(',')}]`;
  if (value instanceof Map) return objectText(value);
  const plain = textIn(value);
  if (plain === null) throw new NoForm(kindOf(value));
  return JSON.stringify(plain);
}

/** Gives the text of an object of a subclass of str. Absence: null for anything else. */
export function textIn(value: PyValue): string | null {
  const [text] = value instanceof PyObject && TEXTS.has(value.of) ? value.args : [];
  return typeof text === 'string' ? text : null;
}

function objectText(dict: ReadonlyMap<PyValue, PyValue>): string {
  // Of keys that are the same as text, the last one is what a reader sees.
  const members = new Map<string, string>();
  for (const [key, value] of dict) members.set(keyText(key), jsonText(value));
  return membersText(members);
}

/** Writes an object of members whose values are text already. */
export function membersText(members: ReadonlyMap<string, string>): string {
  return `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

/** Gives a key as Python's json makes it text. Errors: NoForm. */
export function keyText(key: PyValue): string {
  if (typeof key === 'string') return key;
  if (key === null || typeof key !== 'object') return `${key}`;
  if (key instanceof PyFloat) return floatText(key.value);
  const plain = textIn(key);
  if (plain === null) throw new NoForm(`a dict with a key of ${kindOf(key)}`);
  return plain;
}

/** As Python's repr: the fewest digits, `1.0`, `1e+16`, `1e-05`. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) throw new NoForm('float that is no number');
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e16)) {
    const plain = `${value}`;
    return plain.includes('.') ? plain : `${plain}.0`;
  }
  const [digits = '', power = ''] = value.toExponential().split('e');
  return `${digits}e${power[0]}${power.slice(1).padStart(2, '0')}`;
}
