/**
 * Reads JSON without turning it into JavaScript values: what comes back to the application is the text it sent, so
 * numbers beyond 2^53, `1.0`, key order (also of keys like "1") and empty arrays survive. JSON.parse cannot do that,
 * and the libraries that keep numbers lose the order of keys.
 *
 * Accepts RFC 8259 and nothing more; drops only whitespace. Refuses what some client could not read back: lone
 * surrogates, numbers past a double's range, deep nesting, very many keys. Of duplicate keys the last value wins, at the
 * first one's place, as in JSON.parse.
 */
import { ServiceError } from './errors.ts';

/** PHP reads 512 levels, Ruby 100; far below both is still more than session data needs. */
export const MAX_DEPTH = 32;
/** In all objects of a document together, each time one is written: a change takes them apart while other requests wait. */
export const MAX_KEYS = 1000;
/** What a request body may have around the data in it, in keys. */
const ENVELOPE_KEYS = 100;

/** One member of an object: its key as sent (with quotes and escapes) and the compact text of its value. */
export interface Member {
  readonly rawKey: string;
  readonly value: string;
}

/** The members of an object by decoded key, in their order. */
export type Members = Map<string, Member>;

/**
 * Reads the text of a JSON object. Absence: null when it is a well-formed array.
 * Errors: `invalid_json` when it is not JSON, or a bare value; `invalid_value` for what clients could not read back.
 */
export function readObject(text: string): Members | null {
  if (!text.isWellFormed()) throw notJson('it has half of a surrogate pair');
  return new Reader(text, MAX_DEPTH, MAX_KEYS).document();
}

/**
 * Reads the text of a request body that has data in one of its members (`{"subject":…,"data":{…}}`): room for one more
 * level and a few more keys than data has. The member with the data is then checked by reading its value with
 * `readObject`; other values are decoded with JSON.parse. Absence and errors as there.
 */
export function readEnvelope(text: string): Members | null {
  if (!text.isWellFormed()) throw notJson('it has half of a surrogate pair');
  return new Reader(text, MAX_DEPTH + 1, MAX_KEYS + ENVELOPE_KEYS, true).document();
}

export function writeObject(members: Members): string {
  let text = '';
  for (const { rawKey, value } of members.values()) text += `${text === '' ? '' : ','}${rawKey}:${value}`;
  return `{${text}}`;
}

class Reader {
  private readonly text: string;
  private at = 0;
  private readonly maxDepth: number;
  private keysLeft: number;
  /** Where in a request it reads: `data`, or the member of the envelope. */
  private field = 'data';
  private readonly isEnvelope: boolean;
  /** How often something was left out: white space, or a member that came again. What has all of it is a piece of the text. */
  private dropped = 0;

  constructor(text: string, maxDepth: number, maxKeys: number, isEnvelope = false) {
    this.text = text;
    this.maxDepth = maxDepth;
    this.keysLeft = maxKeys;
    this.isEnvelope = isEnvelope;
  }

  /** The whole text: an object's members, or null for an array. A bare string, number or word is refused. */
  document(): Members | null {
    this.space();
    const first = this.text[this.at];
    if (first !== '{' && first !== '[') throw this.bare();
    let members: Members | null = null;
    if (first === '{') members = this.members(1);
    else this.array(1);
    this.space();
    if (this.at < this.text.length) throw notJson(`there is more text after its end, at position ${this.at}`);
    return members;
  }

  private value(depth: number): string {
    const start = this.at;
    const { dropped } = this;
    switch (this.text[start]) {
      case '{': {
        const members = this.members(depth);
        return dropped === this.dropped ? this.text.slice(start, this.at) : writeObject(members);
      }
      case '[':
        return this.array(depth);
      case '"':
        this.string();
        return this.text.slice(start, this.at);
      case 't':
        return this.word('true');
      case 'f':
        return this.word('false');
      case 'n':
        return this.word('null');
      default:
        return this.number();
    }
  }

  private members(depth: number): Members {
    this.enter(depth);
    const members: Members = new Map();
    if (this.ends('}')) return members;
    do {
      this.space();
      if (--this.keysLeft < 0) throw tooManyKeys();
      const start = this.at;
      const key = this.string();
      const rawKey = this.text.slice(start, this.at);
      if (this.isEnvelope && depth === 1) this.field = key;
      this.space();
      if (this.text[this.at] !== ':') throw this.unexpected();
      this.at++;
      this.space();
      if (members.has(key)) this.dropped++;
      members.set(key, { rawKey, value: this.value(depth + 1) });
    } while (this.continues('}'));
    return members;
  }

  private array(depth: number): string {
    const { at: start, dropped } = this;
    this.enter(depth);
    if (this.ends(']')) return '[]';
    const items: string[] = [];
    do {
      this.space();
      items.push(this.value(depth + 1));
    } while (this.continues(']'));
    return dropped === this.dropped ? this.text.slice(start, this.at) : `[${items.join(',')}]`;
  }

  private enter(depth: number): void {
    if (depth > this.maxDepth) {
      const { field } = this;
      throw new ServiceError('invalid_value', `data must not nest deeper than ${MAX_DEPTH} levels`, { field });
    }
    this.at++;
  }

  private ends(close: string): boolean {
    this.space();
    if (this.text[this.at] !== close) return false;
    this.at++;
    return true;
  }

  private continues(close: string): boolean {
    this.space();
    const next = this.text[this.at];
    if (next !== ',' && next !== close) throw this.unexpected();
    this.at++;
    return next === ',';
  }

  /** Reads a string and gives its meaning. */
  private string(): string {
    const { text } = this;
    const start = this.at;
    if (text[start] !== '"') throw this.unexpected();
    let escaped = false;
    for (let i = start + 1; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x22) {
        this.at = i + 1;
        return escaped ? this.unescape(start) : text.slice(start + 1, i);
      }
      if (code < 0x20) {
        this.at = i;
        throw this.unexpected();
      }
      if (code === 0x5c) {
        escaped = true;
        i++;
      }
    }
    throw notJson('a string does not end');
  }

  private unescape(start: number): string {
    let meaning: string;
    try {
      meaning = JSON.parse(this.text.slice(start, this.at)) as string;
    } catch {
      throw notJson(`a string has a bad escape, at position ${start}`);
    }
    if (!meaning.isWellFormed()) throw notJson(`a string has half of a surrogate pair, at position ${start}`);
    return meaning;
  }

  private number(): string {
    const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) throw this.unexpected();
    if (!Number.isFinite(Number(match[0]))) {
      const { field } = this;
      throw new ServiceError('invalid_value', 'a number must not be beyond the range of a double', { field });
    }
    this.at = pattern.lastIndex;
    return match[0];
  }

  private word(word: string): string {
    if (!this.text.startsWith(word, this.at)) throw this.unexpected();
    this.at += word.length;
    return word;
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at++;
      this.dropped++;
    }
  }

  /** Says why a text is refused that begins neither like an object nor like an array. */
  private bare(): ServiceError {
    const [word] = /^(?:null|true|false|["\d-])/.exec(this.text.slice(this.at, this.at + 5)) ?? [];
    if (word === undefined) return this.unexpected();
    if (word === 'null') return notJson('it is null');
    return notJson(`it is a ${word === '"' ? 'string' : word.length === 1 ? 'number' : 'boolean'}`);
  }

  private unexpected(): ServiceError {
    if (this.at >= this.text.length) return notJson('it ends too early');
    return notJson(`unexpected character at position ${this.at}`);
  }
}

export function tooManyKeys(): ServiceError {
  return new ServiceError('invalid_value', `data must not have more than ${MAX_KEYS} keys, all objects counted`, {
    field: 'data',
  });
}

function notJson(why: string): ServiceError {
  return new ServiceError('invalid_json', `the body is not a JSON object: ${why}`, { field: 'data' });
}
