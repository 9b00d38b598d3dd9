/**
 * The sizes that a chunked body announces, read beside Node's parser, which tells them to nobody: so a chunk that is longer
 * than the route reads is refused when it is announced, as a Content-Length is, and not waited for. Errors of the form are
 * the parser's to find.
 */
import type { IncomingRequest } from './incoming-request.ts';
import type { RequestLines } from './request-line.ts';

const CR = 13;
const LF = 10;
/** The parser refuses longer ones. */
const MOST_DIGITS = 16;

type State = 'size' | 'extension' | 'data' | 'trailer' | 'end';

/**
 * Follows the chunks of a request. `rest`: what came after its head in the same read; null when that is not known.
 * `lines` is told where the body ends.
 */
export function followChunks(incoming: IncomingRequest, rest: Buffer | null, lines: RequestLines): void {
  if (rest === null) return;
  const { socket } = incoming;
  const body = incoming.watch();
  const wake = () => incoming.wakeReader();
  const sizes = new ChunkSizes();
  const follow = (bytes: Buffer) => {
    body.announce(sizes.read(bytes), wake);
    if (sizes.isOver && sizes.after !== null) lines.bodyEnded(socket, sizes.after);
    if (sizes.isOver || body.isTooLong) socket.off('data', follow);
  };
  follow(rest);
  if (sizes.isOver) return;
  lines.listen(socket);
  // Before the parser: the same read may have the head of the next request.
  socket.prependListener('data', follow);
  incoming.once('close', () => socket.off('data', follow));
}

/** Reads the sizes out of a chunked body, piece by piece. */
class ChunkSizes {
  isOver = false;
  /** How many bytes of the last piece came after the body. Absence: null before its end, and where it is malformed. */
  after: number | null = null;
  private state: State = 'size';
  private digits = '';
  private left = 0;
  /** Of the line of a trailer: an empty one ends the body. */
  private lineLength = 0;

  /** Gives what the chunks that begin in this piece announce, together. Units: bytes. */
  read(piece: Buffer): number {
    let announced = 0;
    for (let at = 0; at < piece.length && !this.isOver; ) {
      if (this.state === 'data') {
        const taken = Math.min(this.left, piece.length - at);
        this.left -= taken;
        at += taken;
        if (this.left === 0) this.state = 'size';
        continue;
      }
      const byte = piece[at++]!;
      if (this.state === 'trailer') {
        this.readTrailer(byte);
        if (this.isOver) this.after = piece.length - at;
      } else if (byte === LF) announced += this.endOfSize();
      else if (this.state === 'size' && byte !== CR) this.readDigit(byte);
    }
    return announced;
  }

  private readDigit(byte: number): void {
    const digit = String.fromCharCode(byte);
    if (/[0-9a-fA-F]/.test(digit)) this.digits += digit;
    else this.state = 'extension';
    if (this.digits.length > MOST_DIGITS) this.isOver = true;
  }

  private endOfSize(): number {
    const size = Number.parseInt(this.digits, 16);
    this.digits = '';
    if (Number.isNaN(size)) this.isOver = true;
    this.state = size === 0 ? 'trailer' : 'data';
    // The line end that follows the chunk belongs to it here.
    this.left = size + 2;
    return Number.isNaN(size) ? 0 : size;
  }

  private readTrailer(byte: number): void {
    if (byte === LF) {
      if (this.lineLength === 0) this.isOver = true;
      this.lineLength = 0;
    } else if (byte !== CR) this.lineLength++;
  }
}
