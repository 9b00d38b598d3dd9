/** Waiting for a state, never for a time: a machine may be as busy as it likes, and only what never comes is a failure. */
import { setTimeout as delay } from 'node:timers/promises';

/** Units: milliseconds. Far more than anything takes on a machine that is busy with other things, too. */
export const PATIENCE = 60_000;

/** Asks again and again until it is so. Errors: when it is not so within PATIENCE; `what` says what was waited for. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string | (() => string) = `${isSo}`,
): Promise<void> {
  for (const began = performance.now(); !(await isSo()); await delay(10)) {
    if (performance.now() - began > PATIENCE)
      throw new Error(`not so after ${PATIENCE / 1000} seconds: ${typeof what === 'string' ? what : what()}`);
  }
}
