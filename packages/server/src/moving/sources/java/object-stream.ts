/**
 * Reads what Java's ObjectOutputStream wrote (the Object Serialization Stream Protocol, version 5) into plain data, and makes no object of
 * any class: the stream says of each object its class, its fields and what its class has written beside them.
 */

/** Text, null, and what fields have: whole numbers are numbers, of `long` bigints; a `char` is a text of one UTF-16 unit. */
export type JavaItem =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | JavaObject
  | JavaArray
  | JavaEnum
  | JavaClass;

export class JavaObject {
  readonly type: JavaClass;
  readonly fields = new Map<string, JavaItem>();
  /** What `writeObject` or `writeExternal` of its classes wrote: bytes, and objects between them. The highest class first. */
  readonly written: JavaItem[] = [];

  constructor(type: JavaClass) {
    this.type = type;
  }
}

export class JavaArray {
  readonly type: JavaClass;
  readonly items: JavaItem[] = [];

  constructor(type: JavaClass) {
    this.type = type;
  }
}

export class JavaEnum {
  readonly type: JavaClass;
  name = '';

  constructor(type: JavaClass) {
    this.type = type;
  }
}

/** A class as the stream describes it. */
export class JavaClass {
  readonly name: string;
  flags = 0;
  readonly fields: { readonly code: string; readonly name: string }[] = [];
  above: JavaClass | null = null;

  constructor(name: string) {
    this.name = name;
  }
}

/** It is no such stream, or cut off, or not of this protocol. The message has none of the values. */
export class NotJava extends Error {
  override readonly name = 'NotJava';
}

const HEAD = Buffer.from([0xac, 0xed, 0x00, 0x05]);

export function isJava(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).equals(HEAD);
}

/** Gives the one object of a stream. Errors: NotJava. */
export function readJava(bytes: Buffer): JavaItem {
  if (!isJava(bytes)) throw new NotJava('it is not serialized by Java');
  const reader = new Reader(bytes);
  const item = reader.item(0);
  if (!reader.isAtEnd()) throw new NotJava('there is more after the object');
  checkSize(item, 0, new Set(), { left: MOST_VALUES });
  return item;
}

/** A session of the largest size has fewer. */
const MOST_VALUES = 2_000_000;

/** What is there once can be referred to again and again, inside of what is: then it would nearly never end. What holds itself may be there. */
function checkSize(item: JavaItem, depth: number, within: Set<JavaItem>, values: { left: number }): void {
  if (--values.left < 0) throw new NotJava('it has too many values');
  const inside = item instanceof JavaObject ? [...item.fields.values(), ...item.written] : itemsOf(item);
  if (inside.length === 0 || within.has(item)) return;
  if (depth > DEEPEST) throw new NotJava('it is nested too deeply');
  within.add(item);
  for (const each of inside) checkSize(each, depth + 1, within, values);
  within.delete(item);
}

function itemsOf(item: JavaItem): readonly JavaItem[] {
  return item instanceof JavaArray ? item.items : [];
}

const NULL = 0x70;
const REFERENCE = 0x71;
const CLASS_DESC = 0x72;
const OBJECT = 0x73;
const STRING = 0x74;
const ARRAY = 0x75;
const CLASS = 0x76;
const BLOCK = 0x77;
const END = 0x78;
const LONG_BLOCK = 0x7a;
const LONG_STRING = 0x7c;
const PROXY_DESC = 0x7d;
const ENUM = 0x7e;

const FIRST_HANDLE = 0x7e0000;
const WRITE_METHOD = 0x01;
const SERIALIZABLE = 0x02;
const EXTERNALIZABLE = 0x04;
const BLOCK_DATA = 0x08;
/** Far more than a session has, and far from the end of the stack. */
const DEEPEST = 300;

class Reader {
  private readonly bytes: Buffer;
  private at = HEAD.length;
  private readonly handles: JavaItem[] = [];

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  item(depth: number): JavaItem {
    if (depth > DEEPEST) throw new NotJava('it is nested too deeply');
    const tag = this.unsigned(1);
    switch (tag) {
      case NULL:
        return null;
      case REFERENCE:
        return this.handle();
      case STRING:
        return this.keep(this.text(this.unsigned(2)));
      case LONG_STRING:
        return this.keep(this.text(Number(this.take(8).readBigUInt64BE())));
      case OBJECT:
        return this.object(depth);
      case ARRAY:
        return this.array(depth);
      case ENUM:
        return this.constant(depth);
      case CLASS:
        return this.keep(this.description(depth));
      case CLASS_DESC:
      case PROXY_DESC:
        this.at--;
        return this.description(depth);
      case BLOCK:
        return Buffer.from(this.take(this.unsigned(1)));
      case LONG_BLOCK:
        return Buffer.from(this.take(this.unsigned(4)));
      default:
        throw new NotJava('it has what sessions do not have');
    }
  }

  private object(depth: number): JavaObject {
    const type = this.description(depth);
    if (type === null) throw new NotJava('an object has no class');
    const object = this.keep(new JavaObject(type));
    const line: JavaClass[] = [];
    for (let of: JavaClass | null = type; of !== null; of = of.above) line.unshift(of);
    for (const of of line) this.part(object, of, depth);
    return object;
  }

  /** What one class of an object's line wrote. */
  private part(object: JavaObject, { flags, fields }: JavaClass, depth: number): void {
    if (flags & SERIALIZABLE) {
      for (const { code, name } of fields) object.fields.set(name, this.value(code, depth));
      if (flags & WRITE_METHOD) object.written.push(...this.annotation(depth));
    } else if (flags & EXTERNALIZABLE) {
      if (!(flags & BLOCK_DATA)) throw new NotJava('it is of a protocol before 2');
      object.written.push(...this.annotation(depth));
    }
  }

  private array(depth: number): JavaItem {
    const type = this.description(depth);
    if (type === null) throw new NotJava('an array has no class');
    const array = new JavaArray(type);
    const place = this.handles.length;
    this.keep(array);
    const length = this.unsigned(4);
    const code = type.name[1] ?? '';
    if (code === 'B') {
      const bytes = Buffer.from(this.take(length));
      this.handles[place] = bytes;
      return bytes;
    }
    for (let i = 0; i < length; i++) array.items.push(this.value(code, depth));
    return array;
  }

  private constant(depth: number): JavaEnum {
    const type = this.description(depth);
    if (type === null) throw new NotJava('a constant has no class');
    const constant = this.keep(new JavaEnum(type));
    const name = this.item(depth + 1);
    if (typeof name !== 'string') throw new NotJava('a constant has no name');
    constant.name = name;
    return constant;
  }

  /** Absence: null, above the highest class. */
  private description(depth: number): JavaClass | null {
    if (depth > DEEPEST) throw new NotJava('it is nested too deeply');
    const tag = this.unsigned(1);
    if (tag === NULL) return null;
    if (tag === REFERENCE) {
      const known = this.handle();
      if (known instanceof JavaClass) return known;
      throw new NotJava('a class is none');
    }
    if (tag === PROXY_DESC) return this.proxy(depth);
    if (tag !== CLASS_DESC) throw new NotJava('a class is none');
    const type = new JavaClass(this.text(this.unsigned(2)));
    this.take(8); // serialVersionUID
    this.keep(type);
    type.flags = this.unsigned(1);
    for (let left = this.unsigned(2); left > 0; left--) {
      const code = String.fromCharCode(this.unsigned(1));
      const name = this.text(this.unsigned(2));
      // The class of the field, as a text that may be a reference.
      if (code === 'L' || code === '[') this.item(depth + 1);
      type.fields.push({ code, name });
    }
    this.annotation(depth);
    type.above = this.description(depth + 1);
    return type;
  }

  private proxy(depth: number): JavaClass {
    const type = this.keep(new JavaClass('java.lang.reflect.Proxy'));
    for (let left = this.unsigned(4); left > 0; left--) this.text(this.unsigned(2));
    type.flags = SERIALIZABLE;
    this.annotation(depth);
    type.above = this.description(depth + 1);
    return type;
  }

  /** What stands up to the end of a block. */
  private annotation(depth: number): JavaItem[] {
    const items: JavaItem[] = [];
    while (this.bytes[this.at] !== END) items.push(this.item(depth + 1));
    this.at++;
    return items;
  }

  private value(code: string, depth: number): JavaItem {
    switch (code) {
      case 'B':
        return this.take(1).readInt8();
      case 'C':
        return String.fromCharCode(this.unsigned(2));
      case 'D':
        return this.take(8).readDoubleBE();
      case 'F':
        return this.take(4).readFloatBE();
      case 'I':
        return this.take(4).readInt32BE();
      case 'J':
        return this.take(8).readBigInt64BE();
      case 'S':
        return this.take(2).readInt16BE();
      case 'Z':
        return this.unsigned(1) !== 0;
      case 'L':
      case '[':
        return this.item(depth + 1);
      default:
        throw new NotJava('a field has no type');
    }
  }

  private handle(): JavaItem {
    const known = this.handles[this.unsigned(4) - FIRST_HANDLE];
    if (known === undefined) throw new NotJava('it refers to what is not there');
    return known;
  }

  private keep<T extends JavaItem>(item: T): T {
    this.handles.push(item);
    return item;
  }

  private unsigned(bytes: 1 | 2 | 4): number {
    if (this.at + bytes > this.bytes.length) throw new NotJava('it is cut off');
    this.at += bytes;
    return this.bytes.readUIntBE(this.at - bytes, bytes);
  }

  private take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new NotJava('it is cut off');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Modified UTF-8: each UTF-16 unit by itself, and NUL in two bytes. */
  private text(length: number): string {
    const bytes = this.take(length);
    if (bytes.every((byte) => byte > 0 && byte < 0x80)) return bytes.toString('latin1');
    let text = '';
    for (let i = 0; i < length; i++) {
      const [a, b = 0, c = 0] = [bytes[i]!, bytes[i + 1], bytes[i + 2]];
      if (a < 0x80) text += String.fromCharCode(a);
      else if ((a & 0xe0) === 0xc0) {
        text += String.fromCharCode(((a & 0x1f) << 6) | (b & 0x3f));
        i++;
      } else if ((a & 0xf0) === 0xe0) {
        text += String.fromCharCode(((a & 0x0f) << 12) | ((b & 0x3f) << 6) | (c & 0x3f));
        i += 2;
      } else throw new NotJava('a text is none');
    }
    return text;
  }
}
