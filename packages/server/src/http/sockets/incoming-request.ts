/**
 * A request as Node makes it for this server (the option `IncomingMessage` of its createServer): one whose body is bounded
 * while it comes, chunk by chunk, before anything of it is kept.
 */
import { IncomingMessage } from 'node:http';
import { ArrivingBody } from '../message/arriving.ts';
import type { Trace } from '../message/route.ts';

export class IncomingRequest extends IncomingMessage {
  /** Absence: undefined for a body that nobody needs to watch. */
  arriving: ArrivingBody | undefined = undefined;
  /** What is known of it for log and metrics. Absence: undefined before it is answered. */
  trace: Trace | undefined = undefined;
  private onCrumbled: (() => void) | null = null;

  /** Begins to watch the body, or goes on. */
  watch(): ArrivingBody {
    this.arriving ??= new ArrivingBody();
    return this.arriving;
  }

  /** Ends the body if it comes in crumbs: what the parser still finds of it is dropped where that costs least. */
  boundChunks(onCrumbled: () => void): void {
    this.watch();
    this.onCrumbled = onCrumbled;
  }

  /** Makes the reader of the body look again at what is known of it. One that has come is past that. */
  wakeReader(): void {
    if (!this.complete) super.push(Buffer.from(' '));
  }

  /** What Node's parser does with each chunk. */
  override push(chunk: Uint8Array | null, encoding?: BufferEncoding): boolean {
    const { arriving, onCrumbled } = this;
    if (arriving === undefined || onCrumbled === null) return super.push(chunk, encoding);
    // Full: Node then reads no further.
    if (arriving.isCrumbled) return false;
    if (chunk !== null) arriving.countChunk(chunk.length);
    if (arriving.isCrumbled) onCrumbled();
    // The chunk that was one too many makes the reader find out. Were the body ended here, it would look complete.
    return super.push(chunk, encoding);
  }
}
