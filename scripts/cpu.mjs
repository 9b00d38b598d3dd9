// What processes cost, as Linux counts it.
import { readFileSync } from 'node:fs';

/**
 * Gives the processor time of this process and of the processes that have ended under it, in seconds. Absence: undefined
 * where the system does not tell.
 */
export function cpuSoFar() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    // After the name, which may have spaces in it: utime, stime, and those of the children are the 12th to the 15th.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { own: (fields[11] + fields[12]) / 100, ended: (fields[13] + fields[14]) / 100 };
  } catch {
    return undefined;
  }
}
