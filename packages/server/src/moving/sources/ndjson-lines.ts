/** Bytes → lines, each of a bounded length. */
import { WrongSource } from '../source.ts';

export interface Line {
  /** Without its end. */
  readonly bytes: Buffer;
  /** From 1 on. */
  readonly number: number;
  /** The offset after its end. Units: bytes. */
  readonly end: number;
  /** Whether it ended with a line feed: the last one may have been cut off. */
  readonly isWhole: boolean;
}

/**
 * Gives the lines of a stream that begins after `number` lines, at `offset`. Errors: WrongSource for a line that is longer than
 * `longest`; what the stream says.
 */
export async function* linesOf(
  stream: AsyncIterable<Buffer | string>,
  number: number,
  offset: number,
  longest: number,
): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  let [n, end] = [number, offset];
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Buffer);
    let start = 0;
    for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, start)) {
      const piece = bytes.subarray(start, at);
      const whole = parts.length === 0 ? piece : Buffer.concat([...parts, piece]);
      parts = [];
      length = 0;
      end += whole.length + 1;
      yield { bytes: whole, number: ++n, end, isWhole: true };
      start = at + 1;
    }
    if (start === bytes.length) continue;
    parts.push(bytes.subarray(start));
    length += bytes.length - start;
    if (length > longest)
      throw new WrongSource(`line ${n + 1} is longer than any session: this is no export of rest-sessions`);
  }
  if (length > 0) yield { bytes: Buffer.concat(parts), number: n + 1, end: end + length, isWhole: false };
}
