/**
 * Waits for a server that has too much to do, or that is away for a moment after it has answered: a long piece of work goes on where it was.
 * A server that has not answered at all is no reason to wait: somebody wants to know.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SessionError } from 'rest-sessions-client/admin';

/** Unless the server asks for longer ones. Units: milliseconds. */
const WAITS = [250, 1000, 3000, 8000];

export class Patience {
  private hasAnswered = false;

  /** Makes a call, and again while that does no harm and may help. Errors: those of the last call. */
  async ask<Result>(call: () => Promise<Result>): Promise<Result> {
    for (let attempt = 0; ; attempt++) {
      try {
        const result = await call();
        this.hasAnswered = true;
        return result;
      } catch (error) {
        const wait = WAITS[attempt];
        if (wait === undefined || !(error instanceof SessionError) || !this.mayHelp(error)) throw error;
        await delay(Math.max(wait, (error.retryAfter ?? 0) * 1000));
      }
    }
  }

  private mayHelp({ retryable, status }: SessionError): boolean {
    return retryable && (this.hasAnswered || status === 429);
  }
}
