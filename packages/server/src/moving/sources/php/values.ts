/**
 * Values of PHP as a tree, apart from any class: what `unserialize` would make, without making an object. It keeps what refers to
 * the same variable (`&`) and which objects are one and the same, because a part of a session is written again by that.
 */

/** A place in an array or an object. Two places that hold the same variable are references to each other. */
export interface Variable {
  value: PhpValue;
}

export type PhpValue = null | boolean | PhpInt | PhpFloat | PhpString | PhpArray | PhpObject | PhpEnum | PhpOpaque;

/** Within 64 bits. `text`: its digits, so that those beyond 2^53 stay. */
export interface PhpInt {
  readonly kind: 'int';
  readonly text: string;
}

export interface PhpFloat {
  readonly kind: 'float';
  readonly value: number;
}

/** Text of PHP is bytes. */
export interface PhpString {
  readonly kind: 'string';
  readonly bytes: Buffer;
}

export interface PhpArray {
  readonly kind: 'array';
  readonly entries: PhpEntries;
}

/** Which object it is, is which one of these it is. Properties have the names that PHP gives them (`\0Class\0name`). */
export interface PhpObject {
  readonly kind: 'object';
  readonly className: Buffer;
  readonly entries: PhpEntries;
}

/** A case of an enumeration: `Suit:Hearts`. */
export interface PhpEnum {
  readonly kind: 'enum';
  readonly name: Buffer;
}

/** An object that has written itself (`Serializable`), in a form that only its class knows. */
export interface PhpOpaque {
  readonly kind: 'opaque';
  readonly className: Buffer;
  readonly text: Buffer;
}

/** Of an array or an object, in their order. */
export type PhpEntries = Map<string, PhpEntry>;

export interface PhpEntry {
  readonly key: PhpKey;
  readonly variable: Variable;
}

/** A number as its digits, or bytes. In arrays, bytes that are the digits of a number are that number. */
export type PhpKey = { readonly int: string } | { readonly bytes: Buffer };

const INT = /^(?:0|-?[1-9]\d{0,18})$/;
const MOST = 2n ** 63n;

/** Tells whether a text is a number as PHP writes it, and within 64 bits. */
export function isInt(text: string): boolean {
  if (!INT.test(text)) return false;
  if (text.length < 19) return true;
  const value = BigInt(text);
  return value >= -MOST && value < MOST;
}

/** Gives the key of an array that such bytes are. */
export function arrayKey(bytes: Buffer): PhpKey {
  const text = bytes.length < 21 ? bytes.toString('latin1') : '';
  return isInt(text) ? { int: text } : { bytes };
}

/** Gives the name of a key in the map of entries. */
export function nameOf(key: PhpKey): string {
  return 'int' in key ? key.int : `"${key.bytes.toString('latin1')}`;
}

/** Gives the value of a member of an array, by a key that is text. Absence: undefined when it has none, or is no array. */
export function memberOf(value: PhpValue, key: string): Variable | undefined {
  if (!isArray(value)) return undefined;
  return value.entries.get(nameOf(arrayKey(Buffer.from(key))))?.variable;
}

export function isArray(value: PhpValue): value is PhpArray {
  return isOf(value, 'array');
}

/** Tells whether a value is one of a class, whatever its form. */
export function isInstance(value: PhpValue): value is PhpObject | PhpEnum | PhpOpaque {
  return isOf(value, 'object') || isOf(value, 'enum') || isOf(value, 'opaque');
}

function isOf(value: PhpValue, kind: string): boolean {
  return typeof value === 'object' && value !== null && value.kind === kind;
}
