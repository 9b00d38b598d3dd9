// How the process of a test file ends, seen from outside. What should end and does not is ended here.
import { existsSync, readFileSync } from 'node:fs';

/** A file that takes longer hangs. Units: milliseconds, as for all below. */
const LONGEST = 15 * 60_000;

/**
 * After its last test a process whose event loop still turns tells what it waits for (test-left.mjs), and that is a leak. One that
 * tells nothing for so long stands still inside Node: this happens at the end of about one process in many thousands, when a
 * thread that compiles asks the main thread for a garbage collection, and the main thread waits for that thread.
 */
const SILENT = Number(process.env.RS_TEST_SILENT ?? 90_000);
const KNOWN = 'nodejs/node#54918';

/** So long the output of a process may stay open when the process has ended: something that it started has it, too. */
const LINGERS = 5000;

/** Between two looks. */
const PAUSE = 500;

/**
 * Waits for the end of a process. Gives {code, failure, remark}: `failure` says why it had to be ended, and is null when it ended by
 * itself; `remark` says that it had to be ended though it did nothing wrong. `isComplete` tells whether all results are written,
 * `left` is the file in which the process says what it waits for, `kill` ends it and what it started.
 */
export async function ending(child, { isComplete, left, kill }) {
  const began = performance.now();
  let completeAt = null;
  let exitedAt = null;
  let failure = null;
  let remark = null;
  child.once('exit', () => {
    exitedAt = performance.now();
  });
  const look = () => {
    const now = performance.now();
    if (exitedAt !== null) {
      if (now - exitedAt > LINGERS) failure = 'something that it started still has its output, and did not end with it';
    } else if (existsSync(left)) {
      failure = `it did not end after its last test. Still open: ${JSON.parse(readFileSync(left, 'utf8')).join(', ')}`;
    } else if (now - began > LONGEST) {
      failure = `it did not end within ${LONGEST / 60_000} minutes`;
    } else {
      completeAt = isComplete() ? (completeAt ?? now) : null;
      if (completeAt !== null && now - completeAt > SILENT)
        remark = `all of its results were there, but Node stood still in its own end (${KNOWN}); it was ended, and its results count`;
    }
    if (failure === null && remark === null) return;
    clearInterval(timer);
    kill();
  };
  const timer = setInterval(look, PAUSE);
  const code = await new Promise((done) => child.on('close', (status, signal) => done(status ?? signal)));
  clearInterval(timer);
  return { code, failure, remark };
}
