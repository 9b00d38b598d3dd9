/** The rows of a CSV file with a line of names (RFC 4180), as PostgreSQL's `COPY … TO … CSV HEADER` and others write it. */
import { WrongSource } from '../../source.ts';
import type { Row } from './table.ts';
import { LONGEST_PIECE, type TextFile } from './text-file.ts';

/** Tells whether a file begins with the names of these columns. */
export function isCsv(head: string, columns: readonly string[]): boolean {
  const names = namesIn(head.split(/\r?\n/, 1)[0]!);
  return columns.every((column) => names.includes(column));
}

function namesIn(line: string): string[] {
  return line
    .replace(/^\ufeff/, '')
    .split(',')
    .map((name) =>
      name
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .toLowerCase(),
    );
}

/** Gives the rows; null for one that has another number of values. Errors: WrongSource when it is cut off. */
export async function* rowsOfCsv(file: TextFile): AsyncGenerator<Row | null> {
  let columns: string[] | null = null;
  for await (const record of records(file)) {
    if (columns === null) columns = namesIn(record.map((value) => value ?? '').join(','));
    else if (record.length === columns.length)
      yield Object.fromEntries(columns.map((column, i) => [column, record[i] ?? null]));
    else yield null;
  }
}

/** A value, and what ends it. Empty is NULL; `""` is an empty text. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

async function* records(file: TextFile): AsyncGenerator<(string | null)[]> {
  let text = '';
  let isEnd = false;
  for (;;) {
    const end = recordEnd(text, isEnd);
    if (end !== null) {
      yield fields(text.slice(0, end), file);
      text = text.slice(end);
      continue;
    }
    if (isEnd) return;
    const piece = await file.next();
    isEnd = piece === null;
    text += piece ?? '';
    if (isEnd && (text.match(/"/g)?.length ?? 0) % 2 === 1) throw file.cutOff();
    if (text.length > LONGEST_PIECE) throw new WrongSource(`${file.name} has a row that is too long`);
  }
}

/** Gives where the first record ends. Absence: null when it is not there whole, or there is none. */
function recordEnd(text: string, isEnd: boolean): number | null {
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') isQuoted = !isQuoted;
    else if (sign === '\n' && !isQuoted) return at + 1;
  }
  return isEnd && text !== '' ? text.length : null;
}

function fields(record: string, file: TextFile): (string | null)[] {
  const line = record.replace(/\r?\n$/, '');
  const values: (string | null)[] = [];
  for (let at = 0; at <= line.length; ) {
    FIELD.lastIndex = at;
    const match = FIELD.exec(line);
    if (match === null) throw new WrongSource(`${file.name} has a line that is no CSV`);
    const [all, quoted, plain, end] = match;
    values.push(quoted !== undefined ? quoted.replaceAll('""', '"') : plain === '' ? null : plain!);
    at += all.length;
    if (end !== ',') break;
  }
  return values;
}
