/**
 * Reads a JSON document that a person wrote. JSON.parse does not say line and column on every Node, and takes the last of
 * two members with one name: in a policy the first of them would silently not count. Small documents only; data of
 * sessions is read by core/json-text.ts.
 */
import { type Fault, pointerTo } from './fault.ts';

/** The first fault in a document. */
export class DocumentFault extends Error {
  override readonly name = 'DocumentFault';
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`${fault.where}: ${fault.rule}`);
    this.fault = fault;
  }
}

const MAX_DEPTH = 16;
const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids them in strings
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

/**
 * Gives the value of a document; a byte order mark before it is passed over. `onFault` hears of each member that is there twice;
 * the first one counts then. Errors: DocumentFault where the text is not JSON, and for members twice when nobody listens.
 */
export function readDocument(text: string, onFault = refuse): unknown {
  const reader = new Reader(text.replace(/^\uFEFF/, ''), onFault);
  const value = reader.value([]);
  reader.end();
  return value;
}

function refuse(fault: Fault): void {
  throw new DocumentFault(fault);
}

class Reader {
  private readonly text: string;
  private readonly onFault: (fault: Fault) => void;
  private at = 0;

  constructor(text: string, onFault: (fault: Fault) => void) {
    this.text = text;
    this.onFault = onFault;
  }

  value(path: readonly string[]): unknown {
    this.take(SPACE);
    if (path.length > MAX_DEPTH) throw this.notJson(`nests deeper than ${MAX_DEPTH} levels`);
    if (this.skip('{')) return this.object(path);
    if (this.skip('[')) return this.array(path);
    const token = this.take(STRING) ?? this.take(SCALAR);
    if (token === null) throw this.notJson('a value is expected here');
    return JSON.parse(token);
  }

  end(): void {
    this.take(SPACE);
    if (this.at < this.text.length) throw this.notJson('there is more text after the end');
  }

  private object(path: readonly string[]): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.take(SPACE);
    if (this.skip('}')) return object;
    do {
      this.take(SPACE);
      const start = this.at;
      const token = this.take(STRING);
      if (token === null) throw this.notJson('a member name in double quotes is expected here');
      const name = JSON.parse(token) as string;
      const isUsable = !Object.hasOwn(object, name) && name !== '__proto__';
      if (!isUsable) {
        const rule = name === '__proto__' ? 'is not a name that can be configured' : 'is there twice';
        this.onFault({ where: pointerTo([...path, name]), rule: `${rule} (${this.position(start)})` });
      }
      this.take(SPACE);
      if (!this.skip(':')) throw this.notJson('a colon is expected here');
      const value = this.value([...path, name]);
      if (isUsable) object[name] = value;
      this.take(SPACE);
    } while (this.skip(','));
    if (!this.skip('}')) throw this.notJson('a comma or } is expected here');
    return object;
  }

  private array(path: readonly string[]): unknown[] {
    const array: unknown[] = [];
    this.take(SPACE);
    if (this.skip(']')) return array;
    do {
      array.push(this.value([...path, String(array.length)]));
      this.take(SPACE);
    } while (this.skip(','));
    if (!this.skip(']')) throw this.notJson('a comma or ] is expected here');
    return array;
  }

  private skip(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) return null;
    this.at = pattern.lastIndex;
    return match[0];
  }

  private notJson(why: string): DocumentFault {
    const reason = this.at < this.text.length ? why : 'the text ends too early';
    return new DocumentFault({ where: this.position(this.at), rule: `is not JSON: ${reason}` });
  }

  private position(at: number): string {
    const before = this.text.slice(0, at).split('\n');
    return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
  }
}
