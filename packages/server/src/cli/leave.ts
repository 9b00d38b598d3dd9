/** The end of the process, where Node's own end would hang or crash because of what standard output and standard error are. */
import { closeSync, fstatSync } from 'node:fs';

/** What is known of the log at the end. `isStuck`: the system has not come back from a write of it. */
export interface End {
  readonly isStuck: boolean;
}

/**
 * Ends the process with this exit code. With a write that the system does not come back from (a terminal of another account whose
 * output is held, a network drive that is away), only SIGKILL ends it: process.exit waits for that write, without an end.
 */
export function leave(code: number, { isStuck }: End = { isStuck: false }): never {
  if (isStuck) process.kill(process.pid, 'SIGKILL');
  closeTerminals();
  process.exit(code);
}

/** Node puts terminals back into the state it found them in, and aborts when one is gone. Of a closed one it asks nothing. */
function closeTerminals(): void {
  for (const fd of [0, 1, 2]) {
    try {
      // Whether it is a terminal, a terminal that is gone no longer tells.
      if (fstatSync(fd).isCharacterDevice()) closeSync(fd);
    } catch {
      // It is closed.
    }
  }
}
