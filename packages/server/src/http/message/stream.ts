/**
 * Answers of any length: made piece by piece, each when the one before it has gone to the client. A client that stops
 * reading stops the making, and the end of its connection ends it. What fails before the first piece is an ordinary
 * error; what fails later breaks the connection off, so that nobody takes the part for the whole.
 */
import { ServiceError } from '../../core/errors.ts';
import { failedOf, type OnFault } from './failure.ts';
import type { Call, StreamCount } from './route.ts';

/** Gives pieces of text as a body. */
export function streamOf(
  c: Call,
  pieces: AsyncGenerator<string, void, void>,
  onFault: OnFault,
): ReadableStream<Uint8Array> {
  const { env } = c;
  const count = countedOnce(env.streams);
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    count.goOn();
    try {
      const { done, value } = await pieces.next();
      if (done) {
        count.end();
        controller.close();
      } else {
        controller.enqueue(Buffer.from(value));
        count.rest();
      }
    } catch (error) {
      count.end();
      if (env.trace !== undefined) env.trace.error = error instanceof ServiceError ? error.code : 'internal_error';
      onFault(error, failedOf(c));
      // The end of the connection cancels the stream. To fail the stream would have the adapter write into the answer.
      if (env.incoming?.socket?.destroy === undefined) controller.error(error);
      else env.incoming.socket.destroy();
    }
  };
  const cancel = async () => {
    count.end();
    await pieces.return();
  };
  // The mark of 0 keeps the stream from asking ahead of its reader.
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
}

/** A stream may rest and end in any order, and end twice: what failed is cancelled, too. */
function countedOnce(streams: StreamCount | undefined): Omit<StreamCount, 'begin'> {
  let isResting = false;
  let hasEnded = false;
  const turn = (resting: boolean) => {
    if (hasEnded || isResting === resting) return;
    isResting = resting;
    if (resting) streams?.rest();
    else streams?.goOn();
  };
  return {
    rest: () => turn(true),
    goOn: () => turn(false),
    end: () => {
      turn(false);
      if (!hasEnded) streams?.end();
      hasEnded = true;
    },
  };
}
