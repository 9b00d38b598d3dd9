/** Values of PHP as the JSON that our adapter of PHP writes (adapters/php: Internal/Json.php): the same values, and the same text. */
import { isUtf8 } from 'node:buffer';
import { floatJson } from './float-text.ts';
import type { PhpArray, PhpKey, PhpString, PhpValue } from './values.ts';

/** Arrays that are deeper, or go round in a circle, are left to serialize(). */
export const NESTED = 500;

/** Tells whether a value comes back from JSON as it is. */
export function hasJson(value: PhpValue, depth = 0): boolean {
  if (value === null || typeof value === 'boolean') return true;
  switch (value.kind) {
    case 'int':
      return true;
    case 'float':
      return Number.isFinite(value.value);
    case 'string':
      return isUtf8(value.bytes);
    case 'array': {
      if (depth > NESTED) return false;
      for (const { key, variable } of value.entries.values())
        if (!isMemberName(key) || !hasJson(variable.value, depth + 1)) return false;
      return true;
    }
    default:
      return false;
  }
}

/** Tells whether a key can be the name of a member. */
export function isMemberName(key: PhpKey): boolean {
  return 'int' in key || (key.bytes[0] !== 0 && isUtf8(key.bytes));
}

/** Gives the JSON of a value that has one. */
export function jsonOf(value: PhpValue): string {
  if (value === null || typeof value === 'boolean') return `${value}`;
  switch (value.kind) {
    case 'int':
      return value.text;
    case 'float':
      return floatJson(value.value);
    case 'string':
      return textJson(value);
    case 'array':
      return arrayJson(value);
    default:
      throw new Error('an object of PHP has no JSON');
  }
}

/** Gives the JSON of the name of a member. */
export function nameJson(key: PhpKey): string {
  return 'int' in key ? `"${key.int}"` : textJson(key);
}

function arrayJson({ entries }: PhpArray): string {
  if (isList({ entries })) return `[${[...entries.values()].map(({ variable }) => jsonOf(variable.value)).join(',')}]`;
  const members = [...entries.values()].map(({ key, variable }) => `${nameJson(key)}:${jsonOf(variable.value)}`);
  return `{${members.join(',')}}`;
}

/** PHP has one array for JSON's lists and objects: a list is one whose keys are 0, 1, 2 and so on. */
function isList({ entries }: Pick<PhpArray, 'entries'>): boolean {
  let next = 0;
  for (const { key } of entries.values()) if (!('int' in key) || key.int !== `${next++}`) return false;
  return true;
}

function textJson({ bytes }: Pick<PhpString, 'bytes'>): string {
  const text = JSON.stringify(bytes.toString());
  // PHP escapes what ends a line in JavaScript.
  return /[\u2028\u2029]/.test(text) ? text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029') : text;
}
