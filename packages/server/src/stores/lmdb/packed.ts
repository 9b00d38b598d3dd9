/** Whole numbers in as few bytes as they need, seven bits each: what values of many small numbers are made of. */

/** The most bytes that a number takes. */
const LONGEST = 8;

/** Gives whole numbers from 0 to 2^53 - 1, and a text behind them, as bytes. */
export function pack(numbers: readonly number[], text = ''): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.length * LONGEST + Buffer.byteLength(text));
  let at = 0;
  for (const value of numbers) {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128;
    bytes[at++] = rest;
  }
  return bytes.subarray(0, at + bytes.write(text, at));
}

/** Reads numbers and texts one after the other. */
export class Unpacker {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  number(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }

  text(length: number): string {
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }
}
