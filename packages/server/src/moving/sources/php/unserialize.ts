/**
 * Reads what PHP's `serialize()` writes, and nothing else: no spaces, no signs before numbers, no escapes. It makes no object: one is
 * its class's name and its properties. Text from outside is bounded here in depth, and by its own length in everything else.
 *
 * Rejected: to ask a `php` for it. The machine of the server need not have one, and unserialize() runs code of classes.
 */
import {
  arrayKey,
  isInstance,
  isInt,
  nameOf,
  type PhpEntries,
  type PhpEntry,
  type PhpKey,
  type PhpOpaque,
  type Variable,
} from './values.ts';

/** Deeper than any session that is not one chain of objects; and what is read is walked through again, by calls of functions, too. */
const MAX_DEPTH = 1024;

const COLON = 0x3a;
const SEMICOLON = 0x3b;
const QUOTE = 0x22;
/** The longest text of a number: of a float with all its digits. */
const LONGEST_NUMBER = 400;
const FLOAT = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED_FLOATS: Readonly<Record<string, number>> = { INF: Infinity, '-INF': -Infinity, NAN: Number.NaN };
/** Names of classes; anonymous ones cannot be serialized. Bytes from 0x80 on may be letters. */
const CLASS_NAME = /^[A-Za-z_\x80-\xff\\][A-Za-z0-9_\x80-\xff\\]*$/;
const ENUM_CASE = /^[A-Za-z_\x80-\xff\\][A-Za-z0-9_\x80-\xff\\]*:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*$/;

/** The bytes are not what `serialize()` writes, or not all of it. Its message has none of the bytes. */
export class NotSerialized extends Error {
  override readonly name = 'NotSerialized';
}

/** Reads values that stand one after the other and may refer to each other, by the number of their place. */
export class Unserializer {
  /** Where the next value begins. */
  at: number;
  /** Objects that have written themselves: what they refer to, and which places they take, only their classes know. */
  readonly opaque: PhpOpaque[] = [];
  /** Whether a value refers to another. */
  hasLinks = false;
  private readonly bytes: Buffer;
  /** What `R:1;` and `r:1;` count from. */
  private readonly places: Variable[] = [];

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Reads one value. Errors: NotSerialized. */
  value(): Variable {
    return this.variable(0);
  }

  private variable(depth: number): Variable {
    if (depth > MAX_DEPTH) throw this.fault('nested too deeply');
    const type = this.bytes[this.at];
    if (type === 0x52 /* R */) return this.place();
    const variable: Variable = { value: null };
    this.places.push(variable);
    // Set before its members are read: they may refer to it.
    switch (type) {
      case 0x4e /* N */:
        this.expect('N;');
        return variable;
      case 0x62 /* b */:
        variable.value = this.boolean();
        return variable;
      case 0x69 /* i */:
        variable.value = { kind: 'int', text: this.int(SEMICOLON) };
        return variable;
      case 0x64 /* d */:
        variable.value = { kind: 'float', value: this.float() };
        return variable;
      case 0x73 /* s */:
        variable.value = { kind: 'string', bytes: this.string(SEMICOLON) };
        return variable;
      case 0x61 /* a */:
        {
          const count = this.count('a:');
          const entries: PhpEntries = new Map();
          variable.value = { kind: 'array', entries };
          this.members(entries, count, true, depth);
          return variable;
        }
      case 0x4f /* O */:
        {
          const className = this.className();
          const count = this.number(COLON);
          const entries: PhpEntries = new Map();
          variable.value = { kind: 'object', className, entries };
          this.members(entries, count, false, depth);
          return variable;
        }
      case 0x43 /* C */:
        {
          const opaque = this.selfWritten();
          this.opaque.push(opaque);
          variable.value = opaque;
          return variable;
        }
      case 0x45 /* E */:
        variable.value = { kind: 'enum', name: this.enumCase() };
        return variable;
      case 0x72 /* r */:
        this.sameObject(variable);
        return variable;
      default:
        throw this.fault('no value');
    }
  }

  /** `R:3;`: the very variable. It takes no place of its own. */
  private place(): Variable {
    this.hasLinks = true;
    this.expect('R:');
    const found = this.places[this.number(SEMICOLON) - 1];
    if (found === undefined) throw this.fault('a reference to nothing');
    return found;
  }

  /** `r:3;`: the same object, in a variable of its own. */
  private sameObject(variable: Variable): void {
    this.hasLinks = true;
    this.expect('r:');
    const found = this.places[this.number(SEMICOLON) - 1];
    if (found === undefined || found === variable || !isInstance(found.value))
      throw this.fault('a reference to no object');
    variable.value = found.value;
  }

  private members(entries: PhpEntries, count: number, isArray: boolean, depth: number): void {
    this.expect('{');
    // The shortest member is `i:0;N;`.
    if (count * 6 > this.bytes.length - this.at) throw this.fault('it ends too early');
    for (let left = count; left > 0; left--) {
      const key = this.key(isArray);
      const entry: PhpEntry = { key, variable: this.variable(depth + 1) };
      entries.set(nameOf(key), entry);
    }
    this.expect('}');
  }

  private key(isArray: boolean): PhpKey {
    const type = this.bytes[this.at];
    if (type === 0x69) return { int: this.int(SEMICOLON) };
    if (type !== 0x73) throw this.fault('no key');
    const bytes = this.string(SEMICOLON);
    return isArray ? arrayKey(bytes) : { bytes };
  }

  private boolean(): boolean {
    const isTrue = this.bytes[this.at + 2] === 0x31;
    this.expect(isTrue ? 'b:1;' : 'b:0;');
    return isTrue;
  }

  private int(end: number): string {
    this.expect('i:');
    const text = this.until(end);
    // PHP itself reads `-0`, and no PHP writes it.
    if (!isInt(text)) throw this.fault('no whole number of 64 bits');
    return text;
  }

  private float(): number {
    this.expect('d:');
    const text = this.until(SEMICOLON);
    const named = NAMED_FLOATS[text];
    if (named !== undefined) return named;
    if (!FLOAT.test(text)) throw this.fault('no number');
    return Number(text);
  }

  /** `s:3:"abc"` and what follows. */
  private string(end: number): Buffer {
    this.expect('s:');
    return this.quoted(end);
  }

  /** `3:"abc"` and the byte that must follow. */
  private quoted(end: number): Buffer {
    const length = this.number(COLON);
    const from = this.at + 1;
    const { bytes } = this;
    if (from + length + 2 > bytes.length) throw this.fault('it ends too early');
    if (bytes[this.at] !== QUOTE || bytes[from + length] !== QUOTE || bytes[from + length + 1] !== end)
      throw this.fault('a text that is not as long as it says');
    this.at = from + length + 2;
    return bytes.subarray(from, from + length);
  }

  private count(start: string): number {
    this.expect(start);
    return this.number(COLON);
  }

  private className(): Buffer {
    this.expect('O:');
    const name = this.quoted(COLON);
    if (!CLASS_NAME.test(name.toString('latin1'))) throw this.fault('no name of a class');
    return name;
  }

  private enumCase(): Buffer {
    this.expect('E:');
    const name = this.quoted(SEMICOLON);
    if (!ENUM_CASE.test(name.toString('latin1'))) throw this.fault('no case of an enumeration');
    return name;
  }

  private selfWritten(): PhpOpaque {
    this.expect('C:');
    const className = this.quoted(COLON);
    if (!CLASS_NAME.test(className.toString('latin1'))) throw this.fault('no name of a class');
    const length = this.number(COLON);
    this.expect('{');
    const text = this.bytes.subarray(this.at, this.at + length);
    if (text.length < length) throw this.fault('it ends too early');
    this.at += length;
    this.expect('}');
    return { kind: 'opaque', className, text };
  }

  /** Digits up to a byte, which is passed: a length, a count, the number of a place. */
  private number(end: number): number {
    const { bytes } = this;
    let value = 0;
    const from = this.at;
    for (; this.at < bytes.length; this.at++) {
      const code = bytes[this.at]!;
      if (code === end && this.at > from) {
        this.at++;
        return value;
      }
      if (code < 0x30 || code > 0x39 || value > 0xffff_ffff) throw this.fault('no number');
      value = value * 10 + (code - 0x30);
    }
    throw this.fault('it ends too early');
  }

  private until(end: number): string {
    const { bytes } = this;
    const from = this.at;
    const last = Math.min(bytes.length, from + LONGEST_NUMBER);
    for (let at = from; at < last; at++) {
      if (bytes[at] !== end) continue;
      this.at = at + 1;
      return bytes.toString('latin1', from, at);
    }
    throw this.fault(last === bytes.length ? 'it ends too early' : 'no number');
  }

  private expect(text: string): void {
    for (let i = 0; i < text.length; i++) {
      if (this.bytes[this.at + i] !== text.charCodeAt(i))
        throw this.fault(this.at + i >= this.bytes.length ? 'it ends too early' : 'a byte that does not belong there');
    }
    this.at += text.length;
  }

  private fault(what: string): NotSerialized {
    return new NotSerialized(`${what}, at byte ${this.at}`);
  }
}
