/**
 * The form of a value that Java has serialized, where it is one that JSON has: texts, numbers, instants, and lists and maps of them, of
 * the classes of the JDK that our adapter knows, too. Anything else goes over as the bytes that Java wrote.
 */
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
import { JavaArray, type JavaItem, JavaObject } from './object-stream.ts';
import { dateForm, timeForm } from './time-form.ts';

/** Absence: null where JSON would not give the value back. */
export function formOf(item: JavaItem, depth = 0): Form | null {
  if (depth >= DEEPEST) return null;
  if (item === null) return NULL;
  if (typeof item === 'string') return textForm(item);
  if (Buffer.isBuffer(item)) return textForm(item.toString('base64'), 'bytes');
  if (!(item instanceof JavaObject)) return null;
  const read = CLASSES[item.type.name];
  return read === undefined ? null : read(item, depth + 1);
}

type Read = (object: JavaObject, depth: number) => Form | null;

/** A number's own field. */
const value = ({ fields }: JavaObject): JavaItem => fields.get('value') ?? null;
const whole =
  (type: 'int' | 'long' | 'short' | 'byte'): Read =>
  (object) => {
    const number = value(object);
    return typeof number === 'number' || typeof number === 'bigint' ? wholeForm(type, BigInt(number)) : null;
  };

const CLASSES: Readonly<Record<string, Read>> = {
  'java.lang.Boolean': (object) => (typeof value(object) === 'boolean' ? booleanForm(value(object) as boolean) : null),
  'java.lang.Integer': whole('int'),
  'java.lang.Long': whole('long'),
  'java.lang.Short': whole('short'),
  'java.lang.Byte': whole('byte'),
  'java.lang.Double': (object) => doubleForm(Number(value(object))),
  'java.lang.Float': (object) => floatForm(Number(value(object))),
  'java.lang.Character': (object) => textForm(`${value(object)}`, 'char'),
  'java.math.BigInteger': bigInteger,
  'java.util.UUID': uuid,
  'java.util.Date': dateForm,
  'java.time.Ser': timeForm,
  'java.util.ArrayList': (object, depth) => listOf(objectsIn(object), depth),
  'java.util.Arrays$ArrayList': (object, depth) => arrayOf(object.fields.get('a'), depth),
  'java.util.HashSet': (object, depth) => setOf(objectsIn(object), depth),
  'java.util.LinkedHashSet': (object, depth) => setOf(objectsIn(object), depth),
  'java.util.HashMap': (object, depth) => mapOf(objectsIn(object), depth),
  'java.util.LinkedHashMap': (object, depth) => mapOf(objectsIn(object), depth),
  'java.util.CollSer': immutable,
  'java.util.Collections$EmptyList': () => listForm([]),
  'java.util.Collections$EmptySet': () => setForm([]),
  'java.util.Collections$EmptyMap': () => mapForm([]),
  'java.util.Collections$SingletonList': ({ fields }, depth) => listOf([fields.get('element') ?? null], depth),
  'java.util.Collections$SingletonSet': ({ fields }, depth) => setOf([fields.get('element') ?? null], depth),
  'java.util.Collections$SingletonMap': ({ fields }, depth) =>
    mapOf([fields.get('k') ?? null, fields.get('v') ?? null], depth),
  'java.util.Collections$UnmodifiableList': ({ fields }, depth) => formOf(fields.get('list') ?? null, depth),
  'java.util.Collections$UnmodifiableRandomAccessList': ({ fields }, depth) =>
    formOf(fields.get('list') ?? null, depth),
  'java.util.Collections$UnmodifiableSet': ({ fields }, depth) => formOf(fields.get('c') ?? null, depth),
  'java.util.Collections$UnmodifiableMap': ({ fields }, depth) => formOf(fields.get('m') ?? null, depth),
};

/** What a collection wrote beside its fields: its size as bytes, and its items. */
function objectsIn({ written }: JavaObject): JavaItem[] {
  // The first bytes are the size; an item is never bytes of this level, but an array of bytes may be one.
  return written.slice(1);
}

function listOf(items: readonly JavaItem[], depth: number): Form | null {
  return listForm(items.map((item) => formOf(item, depth)));
}

function setOf(items: readonly JavaItem[], depth: number): Form | null {
  return setForm(items.map((item) => formOf(item, depth)));
}

function arrayOf(array: JavaItem | undefined, depth: number): Form | null {
  return array instanceof JavaArray ? listOf(array.items, depth) : null;
}

/** `items`: a key, its value, and so on. */
function mapOf(items: readonly JavaItem[], depth: number): Form | null {
  const members: [string | null, Form | null][] = [];
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i]!;
    members.push([typeof key === 'string' ? key : null, formOf(items[i + 1] ?? null, depth)]);
  }
  return mapForm(members);
}

/** `List.of`, `Set.of`, `Map.of`, as they are written since Java 9. */
function immutable(object: JavaObject, depth: number): Form | null {
  const items = objectsIn(object);
  switch (Number(object.fields.get('tag')) & 0xff) {
    case 1:
    case 4:
      return listOf(items, depth);
    case 2:
      return setOf(items, depth);
    case 3:
      return mapOf(items, depth);
    default:
      return null;
  }
}

function bigInteger({ fields }: JavaObject): Form | null {
  const [sign, magnitude] = [fields.get('signum'), fields.get('magnitude')];
  if (typeof sign !== 'number' || !Buffer.isBuffer(magnitude)) return null;
  const size = magnitude.length === 0 ? 0n : BigInt(`0x${magnitude.toString('hex')}`);
  return wholeForm('BigInteger', sign < 0 ? -size : size);
}

function uuid({ fields }: JavaObject): Form | null {
  const halves = [fields.get('mostSigBits'), fields.get('leastSigBits')];
  if (!halves.every((half) => typeof half === 'bigint')) return null;
  const hex = halves.map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, '0')).join('');
  return textForm(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), 'UUID');
}
