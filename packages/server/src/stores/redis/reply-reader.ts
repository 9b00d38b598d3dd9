/**
 * Reads the answers of lua/get.lua from the bytes of a connection, whatever pieces they come in. Its grammar is that of this
 * one script, and nothing more of RESP: an array of an instant and one reply for each read, or one error for the whole call.
 * Anything else is no answer: who reads on after it could give somebody the session of somebody else. So there is no way to
 * go on after an error of this reader; the connection has to end.
 */

/** For one read: a visit, nothing, 1 when its token was rotated away, or why it cannot be read. */
export type Found = Buffer | null | 1 | Error;
/** What was found at which instant, or why nothing was done at all. */
export type Reply = { readonly at: number; readonly found: readonly Found[] } | Error;

/** Longer than any session: data has 4 MiB at most, each other text 64 KiB. Units: bytes. */
const LONGEST_TEXT = 16 * 1024 * 1024;
/** Units: bytes. */
const LONGEST_ERROR = 8192;
/** 2^53 has 16 digits. */
const MOST_DIGITS = 16;

const [STAR, COLON, DOLLAR, MINUS, CR, LF] = [0x2a, 0x3a, 0x24, 0x2d, 0x0d, 0x0a];
const [ZERO, NINE] = [0x30, 0x39];

export class ReplyReader {
  private readonly due: () => number;
  private readonly onReply: (reply: Reply) => void;
  /** What came before and is not read yet. */
  private held: Buffer[] = [];
  /** At least so many bytes must come before reading on makes sense. */
  private missing = 1;
  /** Of the reply that is being read. Null: between two replies, or before its instant. */
  private at: number | null = null;
  private found: Found[] = [];
  private bytes: Buffer = EMPTY;
  private position = 0;
  /** What `line` has read. */
  private number = 0;

  /** `due`: how many reads the next reply answers; 0 when none is due. */
  constructor(due: () => number, onReply: (reply: Reply) => void) {
    this.due = due;
    this.onReply = onReply;
  }

  /** Takes the next bytes and tells of each reply they complete. Errors: bytes that are no such answer, or that nobody waits for. */
  push(chunk: Buffer): void {
    if (chunk.length < this.missing) {
      this.missing -= chunk.length;
      this.held.push(chunk);
      return;
    }
    this.bytes = this.held.length === 0 ? chunk : Buffer.concat([...this.held, chunk]);
    this.position = 0;
    this.missing = 1;
    while (this.position < this.bytes.length && this.step());
    const rest = this.bytes.subarray(this.position);
    this.held = rest.length === 0 ? [] : [rest];
    this.bytes = EMPTY;
  }

  /** Reads one reply on, as far as the bytes go. Gives false when bytes are missing. */
  private step(): boolean {
    const due = this.due();
    if (due === 0) throw new Error('an answer that nobody asked for');
    if (this.at === null && !this.head(due)) return false;
    while (this.at !== null && this.found.length < due) {
      const found = this.one();
      if (found === undefined) return false;
      this.found.push(found);
    }
    if (this.at === null) return true;
    const reply = { at: this.at, found: this.found };
    this.at = null;
    this.found = [];
    this.onReply(reply);
    return true;
  }

  /** Reads `*<reads + 1>` and the instant together, or the error of the whole call. Gives false when bytes are missing. */
  private head(due: number): boolean {
    const start = this.position;
    if (this.bytes[start] === MINUS) {
      const refusal = this.refusal();
      if (refusal !== undefined) this.onReply(refusal);
      return refusal !== undefined;
    }
    if (this.bytes[start] !== STAR) throw unexpected(this.bytes[start]);
    if (!this.line(start + 1)) return false;
    if (this.number !== due + 1) throw new Error(`an answer for ${this.number - 1} reads instead of ${due}`);
    if (this.position < this.bytes.length) {
      if (this.bytes[this.position] !== COLON) throw unexpected(this.bytes[this.position]);
      if (this.line(this.position + 1)) {
        this.at = this.number;
        return true;
      }
    }
    // Both lines are short: they are read again together.
    this.position = start;
    return false;
  }

  /** Reads what was found for one read. Absence: undefined when bytes are missing. */
  private one(): Found | undefined {
    const start = this.position;
    switch (this.bytes[start]) {
      case undefined:
        return undefined;
      case DOLLAR:
        return this.text(start);
      case MINUS:
        return this.refusal();
      case COLON:
        if (!this.line(start + 1)) return undefined;
        if (this.number !== 1) throw new Error(`the number ${this.number} instead of a session`);
        return 1;
      default:
        throw unexpected(this.bytes[start]);
    }
  }

  private text(start: number): Buffer | null | undefined {
    if (this.bytes[start + 1] === MINUS) {
      const end = this.nil(start + 2);
      if (end) this.position = start + 5;
      return end ? null : undefined;
    }
    if (!this.line(start + 1)) return undefined;
    if (this.number > LONGEST_TEXT) throw new Error(`a text of ${this.number} bytes`);
    const from = this.position;
    const end = from + this.number;
    if (this.bytes.length < end + 2) {
      this.missing = end + 2 - this.bytes.length;
      this.position = start;
      return undefined;
    }
    if (this.bytes[end] !== CR || this.bytes[end + 1] !== LF) throw new Error('a text of another length than it says');
    this.position = end + 2;
    return this.bytes.subarray(from, end);
  }

  /** Tells whether `1\r\n` stands there; false while bytes are missing. */
  private nil(from: number): boolean {
    for (const [i, byte] of NIL.entries()) {
      if (from + i >= this.bytes.length) return false;
      if (this.bytes[from + i] !== byte) throw unexpected(this.bytes[from + i]);
    }
    return true;
  }

  private refusal(): Error | undefined {
    const start = this.position;
    const end = this.bytes.indexOf(LF, start);
    const length = (end < 0 ? this.bytes.length : end) - start;
    if (length > LONGEST_ERROR) throw new Error('an error without an end');
    if (end < 0) return undefined;
    if (this.bytes[end - 1] !== CR || this.bytes.indexOf(CR, start) !== end - 1) throw unexpected(CR);
    this.position = end + 1;
    return new Error(this.bytes.toString('utf8', start + 1, end - 1));
  }

  /** Reads a whole number and its end of line; the position moves behind them. Gives false when bytes are missing. */
  private line(from: number): boolean {
    const { bytes } = this;
    let value = 0;
    let i = from;
    for (; i < bytes.length && i - from <= MOST_DIGITS; i++) {
      const byte = bytes[i]!;
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + byte - ZERO;
    }
    if (i === bytes.length && i - from <= MOST_DIGITS) return false;
    const isPlain = i > from && i - from <= MOST_DIGITS && (bytes[from] !== ZERO || i === from + 1);
    if (!isPlain || bytes[i] !== CR) throw new Error('no whole number where one must be');
    if (i + 1 === bytes.length) return false;
    if (bytes[i + 1] !== LF) throw unexpected(bytes[i + 1]);
    this.number = value;
    this.position = i + 2;
    return true;
  }
}

const EMPTY = Buffer.alloc(0);
const NIL = [...Buffer.from('1\r\n')];

function unexpected(byte: number | undefined): Error {
  return new Error(`an unexpected byte: ${byte}`);
}
