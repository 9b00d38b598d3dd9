/** Reads msgpack as Python's msgspec and msgpack do: what Flask-Session writes since 0.7. */
import { DEEPEST, NotReadable, type PyDict, PyFloat, PyObject, type PyValue, textOf, whole } from './value.ts';

/** Gives the one value that the bytes are. Errors: NotReadable. */
export function readMsgpack(bytes: Buffer): PyValue {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (!reader.isAtEnd()) throw new NotReadable('there is more after the msgpack');
  return value;
}

class Reader {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(depth: number): PyValue {
    if (depth > DEEPEST) throw new NotReadable('the msgpack is nested too deeply');
    const code = this.unsigned(1);
    if (code <= 0x7f) return code;
    if (code <= 0x8f) return this.map(code & 0x0f, depth);
    if (code <= 0x9f) return this.array(code & 0x0f, depth);
    if (code <= 0xbf) return textOf(this.take(code & 0x1f));
    if (code >= 0xe0) return code - 0x100;
    return this.long(code, depth);
  }

  private long(code: number, depth: number): PyValue {
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return Buffer.from(this.take(this.size(code - 0xc4)));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.extension(this.size(code - 0xc7));
      case 0xca:
        return new PyFloat(this.take(4).readFloatBE());
      case 0xcb:
        return new PyFloat(this.take(8).readDoubleBE());
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.size(code - 0xcc);
      case 0xcf:
        return whole(this.take(8).readBigUInt64BE());
      case 0xd0:
        return this.take(1).readInt8();
      case 0xd1:
        return this.take(2).readInt16BE();
      case 0xd2:
        return this.take(4).readInt32BE();
      case 0xd3:
        return whole(this.take(8).readBigInt64BE());
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.extension(2 ** (code - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return textOf(this.take(this.size(code - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.array(this.size(code - 0xdc + 1), depth);
      case 0xde:
      case 0xdf:
        return this.map(this.size(code - 0xde + 1), depth);
      default:
        throw new NotReadable('it is no msgpack');
    }
  }

  private map(length: number, depth: number): PyDict {
    const dict: PyDict = new Map();
    for (let i = 0; i < length; i++) {
      const key = this.value(depth + 1);
      dict.set(key, this.value(depth + 1));
    }
    return dict;
  }

  private array(length: number, depth: number): PyValue[] {
    const items: PyValue[] = [];
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1));
    return items;
  }

  /** Type -1 is an instant: seconds and nanoseconds since 1970, in 4, 8 or 12 bytes. */
  private extension(length: number): PyValue {
    const type = this.take(1).readInt8();
    const bytes = this.take(length);
    if (type !== -1 || ![4, 8, 12].includes(length)) return new PyObject(`msgpack extension ${type}`, []);
    if (length === 4) return instant(bytes.readUInt32BE());
    if (length === 12) return instant(Number(bytes.readBigInt64BE(4)));
    return instant(Number(bytes.readBigUInt64BE() & 0x3ffffffffn));
  }

  /** `power`: of two, of the bytes that it has: 1, 2 or 4. */
  private size(power: number): number {
    return this.unsigned(2 ** power);
  }

  private unsigned(bytes: number): number {
    if (this.at + bytes > this.bytes.length) throw new NotReadable('the msgpack is cut off');
    this.at += bytes;
    return this.bytes.readUIntBE(this.at - bytes, bytes);
  }

  private take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new NotReadable('the msgpack is cut off');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

/** A datetime in UTC, as the time module of Python would say it: whole seconds are all that a session of ours keeps of it. */
function instant(seconds: number): PyObject {
  return new PyObject('datetime.datetime', [seconds]);
}
