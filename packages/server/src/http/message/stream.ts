/**
 * Answers of any length: made piece by piece, each when the one before it has gone to the client. A client that stops
 * reading stops the making, and the end of its connection ends it. What fails before the first piece is an ordinary
 * error; what fails later breaks the connection off, so that nobody takes the part for the whole.
 */
import type { Context } from 'hono';
import { ServiceError } from '../../core/errors.ts';
import { HEADERS } from './problem.ts';
import type { OnFault, RequestEnv } from './route.ts';

/** Answers with pieces of text. A HEAD answer has no length, because nobody knows it, and no piece is made. */
export async function answerInPieces(
  c: Context<RequestEnv>,
  pieces: AsyncGenerator<string, void, void>,
  onFault: OnFault,
): Promise<Response> {
  if (c.req.method === 'HEAD') {
    await pieces.return();
    return new Response(null, { headers: HEADERS });
  }
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    try {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(Buffer.from(value));
    } catch (error) {
      breakOff(c, controller, error, onFault);
    }
  };
  // The mark of 0 keeps the stream from asking ahead of its reader.
  const cancel = async () => void (await pieces.return());
  const body = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  return new Response(body, { headers: HEADERS });
}

function breakOff(
  { env }: Context<RequestEnv>,
  controller: ReadableStreamDefaultController,
  error: unknown,
  onFault: OnFault,
): void {
  if (env.trace !== undefined) env.trace.error = error instanceof ServiceError ? error.code : 'internal_error';
  onFault(error, env.trace);
  // The end of the connection cancels the stream. To fail the stream would have the adapter write into the answer.
  if (env.incoming?.socket?.destroy === undefined) controller.error(error);
  else env.incoming.socket.destroy();
}
