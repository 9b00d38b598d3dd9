/**
 * Reads the JSON that Python writes into values of Python: 1.0 stays a float and 2^64 a whole number, and NaN, which is no JSON,
 * is read as Python itself would. core/json-text.ts refuses a text with one; here only the value that is NaN is lost.
 */
import { DEEPEST, NotReadable, type PyDict, PyFloat, type PyValue, wellFormed, whole } from './value.ts';

const NUMBER = /(-?(?:0|[1-9]\d*))((?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
/** Digits. */
const LONGEST_NUMBER = 4300;
const SPACE = /[ \t\n\r]*/y;
const WORDS: readonly (readonly [string, PyValue])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', new PyFloat(Number.NaN)],
  ['Infinity', new PyFloat(Number.POSITIVE_INFINITY)],
  ['-Infinity', new PyFloat(Number.NEGATIVE_INFINITY)],
];

/** Errors: NotReadable. */
export function readPythonJson(text: string): PyValue {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): PyValue {
    if (depth > DEEPEST) throw new NotReadable('it is nested too deeply');
    this.take(SPACE);
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return wellFormed(this.string());
      default:
        return this.scalar();
    }
  }

  end(): void {
    this.take(SPACE);
    if (this.at < this.text.length) throw this.wrong();
  }

  private object(depth: number): PyDict {
    const dict: PyDict = new Map();
    this.at++;
    if (this.ends('}')) return dict;
    do {
      this.take(SPACE);
      const name = wellFormed(this.string());
      this.take(SPACE);
      if (this.text[this.at++] !== ':') throw this.wrong();
      dict.set(name, this.value(depth + 1));
    } while (this.goesOn('}'));
    return dict;
  }

  private array(depth: number): PyValue[] {
    const items: PyValue[] = [];
    this.at++;
    if (this.ends(']')) return items;
    do items.push(this.value(depth + 1));
    while (this.goesOn(']'));
    return items;
  }

  private string(): string {
    const start = this.at;
    if (this.text[start] !== '"') throw this.wrong();
    this.at = this.stringEnd(start);
    try {
      return JSON.parse(this.text.slice(start, this.at)) as string;
    } catch {
      throw this.wrong();
    }
  }

  private stringEnd(start: number): number {
    for (let quote = this.text.indexOf('"', start + 1); quote !== -1; quote = this.text.indexOf('"', quote + 1)) {
      let slashes = 0;
      while (this.text[quote - 1 - slashes] === '\\') slashes++;
      if (slashes % 2 === 0) return quote + 1;
    }
    throw this.wrong();
  }

  private scalar(): PyValue {
    for (const [word, value] of WORDS) {
      if (!this.text.startsWith(word, this.at)) continue;
      this.at += word.length;
      return value;
    }
    const [all, digits, rest] = this.take(NUMBER);
    if (rest !== '') return new PyFloat(Number(all));
    // Python itself reads no longer ones.
    if (digits!.length > LONGEST_NUMBER) throw new NotReadable('it has a number of too many digits');
    return digits!.length < 16 ? Number(digits) + 0 : whole(BigInt(digits!));
  }

  private ends(close: string): boolean {
    this.take(SPACE);
    if (this.text[this.at] !== close) return false;
    this.at++;
    return true;
  }

  private goesOn(close: string): boolean {
    if (this.ends(close)) return false;
    if (this.text[this.at++] !== ',') throw this.wrong();
    return true;
  }

  private take(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) throw this.wrong();
    this.at = pattern.lastIndex;
    return match;
  }

  private wrong(): NotReadable {
    return new NotReadable(`it is no JSON at character ${this.at}`);
  }
}
