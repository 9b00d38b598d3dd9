/**
 * The rows of one table in what sqlite3 (`.dump`), mysqldump, mariadb-dump or pg_dump wrote: INSERT statements, or PostgreSQL's COPY. The
 * dump may be of a whole database: what stands in a text of another table is never taken for a statement.
 */
import { WrongSource } from '../../source.ts';
import { columnsOf } from './columns.ts';
import type { Row } from './table.ts';
import { LONGEST_PIECE, type TextFile } from './text-file.ts';

/** What ends a statement, or begins something in which a semicolon does not. */
const SIGNS = /['"`;]|--|\/\*/g;

/** Tells whether a file begins as a dump does. */
export function isSqlDump(head: string): boolean {
  return /^\s*(--|\/\*|(pragma|begin|insert|create|set|copy|drop|lock)\b)/i.test(head);
}

/** Gives the rows; null for one that is no row of texts. Errors: WrongSource when it is cut off, or has no such table. */
export async function* rowsOfDump(file: TextFile, table: string): AsyncGenerator<Row | null> {
  const isMysql = /mysql|mariadb|^\s*insert into `/im.test(await file.head());
  const statements = new Statements(file, isMysql);
  let columns: readonly string[] | null = null;
  for (let statement = await statements.next(); statement !== null; statement = await statements.next()) {
    const [, verb = '', name = '', rest = ''] = STATEMENT.exec(statement) ?? [];
    const isOurs = plainName(name) === table;
    if (/^copy/i.test(verb)) {
      if (isOurs) columns = columnsOf(rest);
      // The rows begin after the line with the statement.
      await statements.line();
      yield* copied(statements, isOurs ? columns : null, file);
    } else if (isOurs && /^create/i.test(verb)) columns = columnsOf(rest);
    else if (isOurs) {
      const named: readonly string[] | null = /^\s*\(/.test(rest) ? columnsOf(rest) : columns;
      if (named === null)
        throw new WrongSource(`${file.name} has rows of ${table} before it says which columns they have`);
      columns ??= named;
      yield* inserted(rest, named, isMysql);
    }
  }
  if (columns === null) throw new WrongSource(`${file.name} has no table ${table}`);
}

const STATEMENT =
  /^\s*(insert\s+(?:ignore\s+)?into|replace\s+into|create\s+table(?:\s+if\s+not\s+exists)?|copy)\s+((?:["`]?\w+["`]?\.)?["`]?\w+["`]?)([\s\S]*)$/i;

function plainName(name: string): string {
  return name.replaceAll(/["`]/g, '').split('.').at(-1)!.toLowerCase();
}

/** Takes a dump apart. Comments are left out. */
class Statements {
  private readonly file: TextFile;
  private readonly hasBackslashes: boolean;
  private text = '';

  constructor(file: TextFile, hasBackslashes: boolean) {
    this.file = file;
    this.hasBackslashes = hasBackslashes;
  }

  /** Gives the next statement without its semicolon. Absence: null at the end. Errors: WrongSource when it is cut off. */
  async next(): Promise<string | null> {
    let at = 0;
    for (;;) {
      SIGNS.lastIndex = at;
      const match = SIGNS.exec(this.text);
      if (match === null) {
        // A sign of two characters may be cut in two by the end of a piece.
        at = Math.max(at, this.text.length - 1);
        if (await this.more()) continue;
        if (this.text.trim() === '') return null;
        throw this.file.cutOff();
      }
      const [sign] = match;
      if (sign === ';') return this.cut(match.index + 1).slice(0, -1);
      if (sign === '--' || sign === '/*') at = await this.withoutComment(match.index, sign === '--' ? '\n' : '*/');
      else at = await this.quoteEnd(match.index, sign);
    }
  }

  /** Gives the next line, of a COPY. Absence: null at the end. */
  async line(): Promise<string | null> {
    for (let from = 0; ; ) {
      const end = this.text.indexOf('\n', from);
      if (end !== -1) return this.cut(end + 1).replace(/\r?\n$/, '');
      from = this.text.length;
      if (!(await this.more())) return null;
    }
  }

  private cut(end: number): string {
    const statement = this.text.slice(0, end);
    this.text = this.text.slice(end);
    return statement;
  }

  private async withoutComment(start: number, end: string): Promise<number> {
    for (let from = start + 2; ; ) {
      const found = this.text.indexOf(end, from);
      if (found !== -1) {
        this.text = `${this.text.slice(0, start)} ${this.text.slice(found + end.length)}`;
        return start;
      }
      from = Math.max(start + 2, this.text.length - 1);
      if (await this.more()) continue;
      if (end !== '\n') throw this.file.cutOff();
      this.text = this.text.slice(0, start);
      return start;
    }
  }

  /** Gives the position after a quoted text. A quote that is doubled ends one and begins the next, which is the same here. */
  private async quoteEnd(start: number, quote: string): Promise<number> {
    for (let from = start + 1; ; ) {
      const end = this.text.indexOf(quote, from);
      if (end === -1) {
        // What was looked through may end within an escape: it is looked through again only from there.
        from = Math.max(start + 1, this.text.length - 1);
        while (this.isEscaped(from, start)) from--;
        if (!(await this.more())) throw this.file.cutOff();
      } else if (this.isEscaped(end, start)) from = end + 1;
      else return end + 1;
    }
  }

  private isEscaped(at: number, start: number): boolean {
    if (!this.hasBackslashes) return false;
    let slashes = 0;
    while (at - 1 - slashes > start && this.text[at - 1 - slashes] === '\\') slashes++;
    return slashes % 2 === 1;
  }

  private async more(): Promise<boolean> {
    const piece = await this.file.next();
    if (piece === null) return false;
    this.text += piece;
    if (this.text.length > LONGEST_PIECE) throw new WrongSource(`${this.file.name} has a statement that is too long`);
    return true;
  }
}

/** `columns`: null for a table that is skipped. */
async function* copied(
  statements: Statements,
  columns: readonly string[] | null,
  file: TextFile,
): AsyncGenerator<Row | null> {
  for (let line = await statements.line(); line !== '\\.'; line = await statements.line()) {
    if (line === null) throw file.cutOff();
    if (columns === null) continue;
    const values = line.split('\t').map((value) => (value === '\\N' ? null : unescaped(value, COPY_ESCAPES)));
    yield values.length === columns.length ? rowOf(columns, values) : null;
  }
}

const COPY_ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const MYSQL_ESCAPES: Readonly<Record<string, string>> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' };

function unescaped(text: string, escapes: Readonly<Record<string, string>>): string {
  return text.includes('\\') ? text.replaceAll(/\\([\s\S])/g, (_all, sign: string) => escapes[sign] ?? sign) : text;
}

function rowOf(columns: readonly string[], values: readonly (string | null)[]): Row {
  return Object.fromEntries(columns.map((column, i) => [column, values[i] ?? null]));
}

/** What may stand before a text: the name of its encoding. */
const BEFORE_TEXT = /\s*(?:_\w+\s*|[eEnN])?'/y;
const WORD = /\s*([\w.+:-]+)/y;
const CLOSE = /\s*([,)])/y;

/** The rows of `(…) VALUES (…),(…);`. */
function* inserted(rest: string, columns: readonly string[], isMysql: boolean): Generator<Row | null> {
  const begin = /\bvalues\s*/i.exec(rest);
  if (begin === null) return;
  let at = begin.index + begin[0].length;
  while (rest[at] === '(') {
    const values: (string | null)[] = [];
    at++;
    for (let close = ','; close === ','; ) {
      const read = isMysql ? valueAt(rest, at, true) : valueAt(rest, at, false);
      CLOSE.lastIndex = read?.end ?? rest.length;
      const [after, sign] = CLOSE.exec(rest) ?? [];
      if (read === null || after === undefined) {
        // A value of another form, as bytes or a call: no session has one.
        yield null;
        return;
      }
      values.push(read.value);
      at = read.end + after.length;
      close = sign!;
    }
    yield values.length === columns.length ? rowOf(columns, values) : null;
    while (/[\s,]/.test(rest[at] ?? '')) at++;
  }
}

function valueAt(text: string, at: number, hasBackslashes: boolean): { value: string | null; end: number } | null {
  BEFORE_TEXT.lastIndex = at;
  if (BEFORE_TEXT.test(text)) return textAt(text, BEFORE_TEXT.lastIndex, hasBackslashes);
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[1];
  if (word === undefined) return null;
  return { value: /^null$/i.test(word) ? null : word, end: WORD.lastIndex };
}

/** Reads a text from after its first quote. Absence: null when it does not end. */
function textAt(text: string, start: number, hasBackslashes: boolean): { value: string; end: number } | null {
  let value = '';
  for (let from = start; ; ) {
    const quote = text.indexOf("'", from);
    if (quote === -1) return null;
    let slashes = 0;
    while (hasBackslashes && quote - 1 - slashes >= from && text[quote - 1 - slashes] === '\\') slashes++;
    const isDoubled = slashes % 2 === 0 && text[quote + 1] === "'";
    if (slashes % 2 === 0 && !isDoubled) {
      value += text.slice(from, quote);
      return { value: hasBackslashes ? unescaped(value, MYSQL_ESCAPES) : value, end: quote + 1 };
    }
    value += text.slice(from, quote + 1);
    from = quote + (isDoubled ? 2 : 1);
  }
}
