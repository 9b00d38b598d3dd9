/**
 * The lines of a file from its end, in bounded memory however long it is: blocks are read backwards until there are enough entries.
 * What is no entry is passed over: a line that is still being written, one that a full disk has torn, one longer than any that the server
 * writes.
 */

/** Units: bytes. */
const BLOCK = 65_536;
const LONGEST_LINE = 1_048_576;
/** Of the entries of a page; the one that goes beyond is the last. */
const MOST_SHOWN = 2_097_152;
/** Of a file that is no audit log, or is full of torn lines, so much is looked at for one page. */
const MOST_READ = 8_388_608;
const NEWLINE = 10;
const EMPTY = Buffer.alloc(0);

export interface ReadableFile {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
}

/** `next`: where the next page ends, as a position in the file. Absence: null when there is nothing before. */
export interface PageBack {
  /** The newest first. Each is the text of a JSON object. */
  readonly entries: readonly string[];
  readonly next: number | null;
}

/** Gives the last entries before a position, `limit` at most; fewer, and a `next`, where they are long. Errors: what the system says. */
export async function readBack(file: ReadableFile, before: number, limit: number): Promise<PageBack> {
  const entries: string[] = [];
  let shown = 0;
  let at = before;
  /** The begin of the line that was taken last: what stands before it was not looked at. */
  let taken = before;
  /** What is known of the line before that: all of it behind `at`. */
  let rest: Buffer = EMPTY;
  let isTooLong = false;
  const take = (start: number, line: Buffer) => {
    const entry = isTooLong ? null : entryIn(line.toString());
    if (entry !== null) {
      entries.push(entry);
      shown += line.length;
    }
    taken = start;
    rest = EMPTY;
    isTooLong = false;
    return entries.length < limit && shown < MOST_SHOWN;
  };
  while (at > 0) {
    const from = Math.max(0, at - BLOCK);
    const block = await blockOf(file, from, at);
    // The file has been emptied meanwhile.
    if (block === null) return { entries, next: null };
    let end = block.length;
    for (let newline = end === 0 ? -1 : block.lastIndexOf(NEWLINE, end - 1); newline >= 0; ) {
      const goesOn = take(from + newline + 1, Buffer.concat([block.subarray(newline + 1, end), rest]));
      if (!goesOn) return { entries, next: taken };
      end = newline;
      newline = end === 0 ? -1 : block.lastIndexOf(NEWLINE, end - 1);
    }
    at = from;
    isTooLong ||= end + rest.length > LONGEST_LINE;
    rest = isTooLong ? EMPTY : Buffer.concat([block.subarray(0, end), rest]);
    if (at > 0 && before - at >= MOST_READ) return { entries, next: isTooLong ? at : taken };
  }
  take(0, rest);
  return { entries, next: null };
}

/** Absence: null when the file is shorter now. */
async function blockOf(file: ReadableFile, from: number, to: number): Promise<Buffer | null> {
  const block = Buffer.allocUnsafe(to - from);
  for (let at = 0; at < block.length; ) {
    const { bytesRead } = await file.read(block, at, block.length - at, from + at);
    if (bytesRead === 0) return null;
    at += bytesRead;
  }
  return block;
}

/** Absence: null when a line is no entry. */
function entryIn(line: string): string | null {
  if (!line.startsWith('{')) return null;
  try {
    const { time, act } = JSON.parse(line);
    return typeof time === 'string' && typeof act === 'string' ? line : null;
  } catch {
    return null;
  }
}
