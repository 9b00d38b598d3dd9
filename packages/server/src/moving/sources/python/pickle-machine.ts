/** What a pickle works on: its bytes, a stack, and a memo of what is named again. Its steps are in pickle-steps.ts. */
import { NotReadable, PyGlobal, PyObject, type PyValue } from './value.ts';

export const MARK = Symbol('mark');
export type Item = PyValue | PyGlobal | typeof MARK;

/** Takes and puts what the steps of a pickle work on. Errors of all: NotReadable. */
export class Machine {
  private readonly bytes: Buffer;
  private at = 0;
  private readonly stack: Item[] = [];
  private readonly memo = new Map<number, Item>();

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Gives the number of the next step. */
  step(): number {
    const code = this.bytes[this.at++];
    if (code === undefined) throw new NotReadable('the pickle is cut off');
    return code;
  }

  /** Gives what the pickle was about. */
  end(): Item {
    const value = this.pop();
    if (this.stack.length > 0 || this.at < this.bytes.length) throw new NotReadable('there is more after the pickle');
    return value;
  }

  take(length: number): Buffer {
    const from = this.at;
    if (length < 0 || from + length > this.bytes.length) throw new NotReadable('the pickle is cut off');
    this.at += length;
    return this.bytes.subarray(from, this.at);
  }

  length(size: 1 | 2 | 4 | 8): number {
    const bytes = this.take(size);
    return size === 8 ? Number(bytes.readBigUInt64LE()) : bytes.readUIntLE(0, size);
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end === -1) throw new NotReadable('the pickle is cut off');
    const text = this.bytes.toString('latin1', this.at, end);
    this.at = end + 1;
    return text;
  }

  push(item: Item): void {
    this.stack.push(item);
  }

  pop(): Item {
    if (this.stack.length === 0) throw new NotReadable('the pickle takes more than there is');
    return this.stack.pop()!;
  }

  /** Takes a value: what must be neither a class nor a mark. */
  value(): PyValue {
    return plainOf(this.pop());
  }

  top(): Item {
    const item = this.stack.at(-1);
    if (item === undefined) throw new NotReadable('the pickle takes more than there is');
    return item;
  }

  /** Takes all values since the last mark, and the mark. */
  marked(): PyValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark === -1) throw new NotReadable('the pickle takes more than there is');
    const items = this.stack.splice(mark).slice(1);
    return items.map(plainOf);
  }

  keep(place: number): void {
    this.memo.set(place, this.top());
  }

  keepNext(): void {
    this.keep(this.memo.size);
  }

  recall(place: number): void {
    const item = this.memo.get(place);
    if (item === undefined) throw new NotReadable('the pickle recalls what it never kept');
    this.push(item);
  }

  /** The class or function that is called next. */
  global(): PyGlobal {
    const item = this.pop();
    if (item instanceof PyGlobal) return item;
    if (item instanceof PyObject) return new PyGlobal(item.of);
    throw new NotReadable('the pickle calls what is no class');
  }
}

/** A class as a value, as an argument of what rebuilds an object, is its name. */
export function plainOf(item: Item): PyValue {
  if (item === MARK) throw new NotReadable('the pickle takes more than there is');
  return item instanceof PyGlobal ? new PyObject(item.name, []) : item;
}
