/** How the command ends, and what that means. Scripts ask it in the place of words. */
export const EXIT = {
  done: 0,
  /** There is no answer, the server failed, or the deed did not come to its end. */
  failed: 1,
  /** Also: something would be ended or changed, and nobody was there to confirm it. */
  misuse: 2,
  /** What was named is not there: no such session, app, webhook, key. */
  notThere: 3,
  /** The server wants a key, another key, or one with another scope. */
  refused: 4,
  interrupted: 130,
} as const;

/** What each means, in the order of numbers. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'failed',
  [EXIT.misuse]: 'wrong use or configuration',
  [EXIT.notThere]: 'not there',
  [EXIT.refused]: 'refused (no key, or the wrong one)',
  [EXIT.interrupted]: 'interrupted',
};

/** Gives the exit code for what a server answered. `status`: of HTTP. */
export function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return EXIT.refused;
  if (status === 404 || status === 410) return EXIT.notThere;
  if (status === 400 || status === 422) return EXIT.misuse;
  return EXIT.failed;
}
