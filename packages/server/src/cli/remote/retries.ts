/** Waits for a server that has too much to do, or is away for a moment: a long piece of work goes on where it was. */
import { setTimeout as delay } from 'node:timers/promises';
import { SessionError } from 'rest-sessions-client/admin';

/** Unless the server asks for longer ones. Units: milliseconds. */
const WAITS = [250, 1000, 3000, 8000];

/** Makes a call, and again while that does no harm and may help. Errors: those of the last call. */
export async function patiently<Result>(call: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const wait = WAITS[attempt];
      if (!(error instanceof SessionError) || !error.retryable || wait === undefined) throw error;
      await delay(Math.max(wait, (error.retryAfter ?? 0) * 1000));
    }
  }
}
