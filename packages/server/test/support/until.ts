/** Waiting for a state, never for a time: a machine may be as busy as it likes, and only what never comes is a failure. */
import { setTimeout as delay } from 'node:timers/promises';

/** Units: milliseconds. Far more than anything takes on a machine that is busy with other things, too. */
export const PATIENCE = 60_000;

/** Between two questions: a tenth of the time waited so far, within these. Who waits for long need not ask often. */
const [SHORTEST, LONGEST] = [10, 100];

/** Asks again and again until it is so. Errors: when it is not so within PATIENCE; `what` says what was waited for. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string | (() => string) = `${isSo}`,
): Promise<void> {
  const began = performance.now();
  while (!(await isSo())) {
    const waited = performance.now() - began;
    if (waited > PATIENCE)
      throw new Error(`not so after ${PATIENCE / 1000} seconds: ${typeof what === 'string' ? what : what()}`);
    await delay(Math.min(Math.max(waited / 10, SHORTEST), LONGEST));
  }
}
