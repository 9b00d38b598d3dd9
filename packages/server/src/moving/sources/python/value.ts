/**
 * Values of Python, as a session of Django or Flask has them: read from JSON, pickle or msgpack, and never executed. What Python
 * makes only by running code is told by the name of its class (`PyObject`).
 */

/** Whole numbers are numbers where JavaScript has them exactly, else bigints; what has a point is a `PyFloat`. */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyFloat
  | Buffer
  | PyValue[]
  | PyTuple
  | PyDict
  | PySet
  | PyObject;

export type PyDict = Map<PyValue, PyValue>;

/** A float. Python tells 1.0 from 1. */
export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export class PyTuple {
  readonly items: readonly PyValue[];

  constructor(items: readonly PyValue[]) {
    this.items = items;
  }
}

/** A set, or a frozen one: JSON has no form for either. */
export class PySet {
  readonly items: PyValue[] = [];
}

/** A class or a function, by its name: `datetime.datetime`. */
export class PyGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object that Python would make with `of(*args)`, and then fill from `state`. */
export class PyObject {
  readonly of: string;
  readonly args: readonly PyValue[];
  state: PyValue | undefined;

  constructor(of: string, args: readonly PyValue[]) {
    this.of = of;
    this.args = args;
  }
}

/** What is read is not in the form that it should have. The message says what is wrong, without any of the values. */
export class NotReadable extends Error {
  override readonly name = 'NotReadable';
}

/** Deeper than any session, and far from the end of the stack. */
export const DEEPEST = 200;

/** Gives a whole number as a number, where that is exact. */
export function whole(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** What stands for text that UTF-8 does not have: half of a character. */
const NO_TEXT = 'str with half of a character';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Gives the text of bytes. Half of a character, which Python has and UTF-8 has not, is an object without a form. */
export function textOf(bytes: Uint8Array): string | PyObject {
  try {
    return utf8.decode(bytes);
  } catch {
    return new PyObject(NO_TEXT, []);
  }
}

/** Gives a text, unless it has half of a character. */
export function wellFormed(text: string): string | PyObject {
  return text.isWellFormed() ? text : new PyObject(NO_TEXT, []);
}

/** Says what a value is, without what is in it. */
export function kindOf(value: PyValue): string {
  if (value instanceof PyObject) return value.of;
  if (value instanceof PySet) return 'set';
  if (value instanceof PyFloat) return 'float that is no number';
  if (Buffer.isBuffer(value)) return 'bytes';
  if (value instanceof PyTuple) return 'tuple';
  if (value instanceof Map) return 'dict';
  if (Array.isArray(value)) return 'list';
  return value === null ? 'None' : typeof value === 'string' ? 'str' : typeof value === 'boolean' ? 'bool' : 'int';
}
