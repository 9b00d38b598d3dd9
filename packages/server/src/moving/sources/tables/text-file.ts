/** A file of text, or standard input, piece by piece: what the readers of dumps stand on. None of them has more than one row in memory. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { WrongSource } from '../../source.ts';

/** A row, or what stands in the place of one, may be this long. Units: characters. */
export const LONGEST_PIECE = 256 * 1024 * 1024;

export class TextFile {
  readonly name: string;
  private readonly stream: Readable;
  private readonly pieces: AsyncIterator<string>;
  private begun = '';

  /** `-` is standard input. */
  constructor(path: string) {
    this.name = path === '-' ? 'standard input' : `the file ${basename(path)}`;
    this.stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 });
    this.stream.setEncoding('utf8');
    this.pieces = this.stream[Symbol.asyncIterator]() as AsyncIterator<string>;
  }

  /** Gives what it begins with, some thousand characters, which `next` gives again. */
  async head(): Promise<string> {
    while (this.begun.length < 4096) {
      const piece = await this.pieces.next();
      if (piece.done) break;
      this.begun += piece.value;
    }
    return this.begun;
  }

  /** Gives the next piece. Absence: null at the end. */
  async next(): Promise<string | null> {
    if (this.begun !== '') {
      const { begun } = this;
      this.begun = '';
      return begun;
    }
    const piece = await this.pieces.next();
    return piece.done ? null : piece.value;
  }

  cutOff(): WrongSource {
    return new WrongSource(`${this.name} is cut off`);
  }

  async close(): Promise<void> {
    this.stream.destroy();
  }
}
