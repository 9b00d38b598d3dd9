/**
 * What libraries print: lines of the log, of level debug, like all else on standard error. LMDB's driver prints the stack of each
 * commit that fails, thousands on a full disk, before it tells us of the same error, and that one is told (upkeep/outage.ts).
 */
import { inspect } from 'node:util';
import type { Log } from '../log/log.ts';

/** Leads the console of this process into the log. */
export function consoleInto(log: Log): void {
  const print = (...said: unknown[]) =>
    log.debug({ said: said.map((each) => inspect(each)).join(' ') }, 'a library says');
  console.error = print;
  console.warn = print;
}
