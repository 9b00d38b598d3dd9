/**
 * What our adapters for Python would have stored of a session of Django or Flask (adapters/python: `_packed` of each): the values of an
 * application are shared, what the framework keeps for itself is under one key. Here is the same rule, for who moves in.
 */
import { jsonText, keyText, membersText, NoForm, textIn } from './json-text.ts';
import { httpDate, instantOf } from './time.ts';
import { type PyDict, PyObject, PyTuple, type PyValue } from './value.ts';

export interface Packed {
  /** Compact text of a JSON object. */
  readonly data: string;
  /** What has no form there: the key, and what kind of value it was. Never the value. */
  readonly lost: readonly string[];
}

/** The values of a session of Django. */
export function packDjango(values: PyDict): Packed {
  return pack(values, '_django', (key, value) => ({
    text: jsonText(djangoValue(key, value)),
    isPrivate: typeof key !== 'string' || key.startsWith('_'),
  }));
}

/** Before Django 4.1 an expiry that is an instant stood there as one; since, as its text, which all versions read. */
function djangoValue(key: PyValue, value: PyValue): PyValue {
  const instant = key === '_session_expiry' ? instantOf(value) : null;
  return instant === null ? value : new Date(instant).toISOString().replace('.000Z', '+00:00');
}

/** The values of a session of Flask. */
export function packFlask(values: PyDict): Packed {
  return pack(values, '_flask', (key, value) => {
    const tagged = tag(value);
    const isPrivate = typeof key !== 'string' || key.startsWith('_') || tagged.isNew;
    return { text: jsonText(tagged.value), isPrivate };
  });
}

function pack(
  values: PyDict,
  privateKey: string,
  of: (key: PyValue, value: PyValue) => { readonly text: string; readonly isPrivate: boolean },
): Packed {
  const shared = new Map<string, string>();
  const own = new Map<string, string>();
  const lost: string[] = [];
  for (const [key, value] of values) {
    try {
      const { text, isPrivate } = of(key, value);
      (isPrivate ? own : shared).set(keyText(key), text);
    } catch (error) {
      if (!(error instanceof NoForm)) throw error;
      lost.push(`${shownKey(key)} (${error.message})`);
    }
  }
  if (own.size > 0) shared.set(privateKey, membersText(own));
  return { data: membersText(shared), lost };
}

/** A key may be text of any length, and of any signs. */
function shownKey(key: PyValue): string {
  return typeof key === 'string' && /^[\w.:-]{1,40}$/.test(key) ? key : 'a key';
}

interface Tagged {
  readonly value: PyValue;
  /** Whether it is another value than before. */
  readonly isNew: boolean;
}

/** The names of Flask's own tags, which an application's dict with one key may happen to have. */
const TAGS = new Set([' di', ' t', ' b', ' m', ' u', ' d']);

/** What Flask's TaggedJSONSerializer makes of a value that JSON does not tell. */
function tag(value: PyValue): Tagged {
  if (value instanceof Map) return tagDict(value);
  if (value instanceof PyTuple)
    return tagged(
      ' t',
      value.items.map((item) => tag(item).value),
    );
  if (Array.isArray(value)) {
    const items = value.map(tag);
    return { value: items.map((item) => item.value), isNew: items.some(({ isNew }) => isNew) };
  }
  if (Buffer.isBuffer(value)) return tagged(' b', value.toString('base64'));
  const instant = instantOf(value);
  if (instant !== null) return tagged(' d', httpDate(instant));
  const html = textIn(value);
  if (html !== null) return tagged(' m', html);
  const uuid = uuidOf(value);
  return uuid === null ? { value, isNew: false } : tagged(' u', uuid);
}

function tagDict(dict: PyDict): Tagged {
  const [only] = dict.keys();
  if (dict.size === 1 && typeof only === 'string' && TAGS.has(only)) {
    return tagged(' di', new Map([[`${only}__`, tag(dict.get(only)!).value]]));
  }
  const items = [...dict].map(([key, value]) => [key, tag(value)] as const);
  return { value: new Map(items.map(([key, item]) => [key, item.value])), isNew: items.some(([, { isNew }]) => isNew) };
}

function tagged(name: string, value: PyValue): Tagged {
  return { value: new Map([[name, value]]), isNew: true };
}

/** Gives the 32 hexadecimal digits of a UUID. Absence: null. Its state is a dict with the number. */
function uuidOf(value: PyValue): string | null {
  if (!(value instanceof PyObject) || value.of !== 'uuid.UUID' || !(value.state instanceof Map)) return null;
  const number = value.state.get('int');
  return typeof number === 'number' || typeof number === 'bigint' ? number.toString(16).padStart(32, '0') : null;
}
