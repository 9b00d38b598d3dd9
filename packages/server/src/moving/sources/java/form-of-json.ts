/**
 * The form of a value that Jackson wrote as JSON with its types (`GenericJackson2JsonRedisSerializer`): `["java.lang.Long",5]`,
 * `{"@class":"java.util.HashMap",…}`; what JSON tells by itself stands alone.
 */
import { PyFloat, PyObject, type PyValue } from '../python/value.ts';
import {
  booleanForm,
  DEEPEST,
  doubleForm,
  type Form,
  floatForm,
  listForm,
  mapForm,
  NULL,
  setForm,
  textForm,
  wholeForm,
} from './form.ts';
import { dateFormOf } from './time-form.ts';

/** Absence: null for an object that only Java can make. */
export function formOfJson(value: PyValue, depth = 0): Form | null {
  if (depth >= DEEPEST) return null;
  if (value === null) return NULL;
  if (typeof value === 'string') return textForm(value);
  if (typeof value === 'boolean') return booleanForm(value);
  if (typeof value === 'number' || typeof value === 'bigint') return wholeForm('int', BigInt(value));
  if (value instanceof PyFloat) return doubleForm(value.value);
  if (value instanceof Map) return formOfMap(value, depth);
  return Array.isArray(value) && value.length === 2 ? formOfTyped(value[0]!, value[1]!, depth) : null;
}

const MAPS =
  /^java\.util\.(HashMap|LinkedHashMap|Collections\$(Unmodifiable|Empty|Singleton)Map|ImmutableCollections\$Map\w+)$/;
const LISTS =
  /^java\.util\.(ArrayList|Arrays\$ArrayList|Collections\$(Unmodifiable(RandomAccess)?|Empty|Singleton)List|ImmutableCollections\$List\w+)$/;
const SETS =
  /^java\.util\.(HashSet|LinkedHashSet|Collections\$(Unmodifiable|Empty|Singleton)Set|ImmutableCollections\$Set\w+)$/;

function formOfMap(map: ReadonlyMap<PyValue, PyValue>, depth: number): Form | null {
  const type = map.get('@class');
  if (typeof type !== 'string' || !MAPS.test(type)) return null;
  const members = [...map].filter(([name]) => name !== '@class');
  return mapForm(members.map(([name, member]) => [name as string, formOfJson(member, depth + 1)] as const));
}

function formOfTyped(type: PyValue, value: PyValue, depth: number): Form | null {
  if (typeof type !== 'string') return null;
  if (Array.isArray(value)) {
    const isSet = SETS.test(type);
    if (!isSet && !LISTS.test(type)) return null;
    const items = value.map((item) => formOfJson(item, depth + 1));
    return isSet ? setForm(items) : listForm(items);
  }
  if (typeof value === 'string') return formOfTypedText(type, value);
  const number = value instanceof PyFloat ? value.value : typeof value === 'number' ? value : null;
  if (type === 'java.lang.Double' && number !== null) return doubleForm(number);
  if (type === 'java.lang.Float' && number !== null) return floatForm(Math.fround(number));
  if (type === 'java.util.Date' && typeof value === 'number') return dateFormOf(value);
  const whole = WHOLE[type];
  if (whole === undefined || (typeof value !== 'number' && typeof value !== 'bigint')) return null;
  return wholeForm(whole, BigInt(value));
}

const WHOLE: Readonly<Record<string, 'int' | 'long' | 'short' | 'byte' | 'BigInteger'>> = {
  'java.lang.Integer': 'int',
  'java.lang.Long': 'long',
  'java.lang.Short': 'short',
  'java.lang.Byte': 'byte',
  'java.math.BigInteger': 'BigInteger',
};

function formOfTypedText(type: string, text: string): Form | null {
  const [name] = {
    'java.lang.String': [''],
    'java.util.UUID': ['UUID'],
    'java.lang.Character': ['char'],
    '[B': ['bytes'],
  }[type] ?? [null];
  return name === null || name === undefined ? null : textForm(text, name);
}

/** Gives the class that an object is of, for words. */
export function classIn(value: PyValue): string {
  const type = value instanceof Map ? value.get('@class') : Array.isArray(value) ? value[0] : null;
  if (value instanceof PyObject) return value.of;
  return typeof type === 'string' && /^[\w.$[;]{1,100}$/.test(type) ? type : 'an object';
}
