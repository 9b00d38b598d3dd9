/** Asks before something is ended or changed. */
import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';
import type { Words } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { misuse, standardError } from './output.ts';
import { visible } from './plain-text.ts';

export interface Confirmation {
  /** What will happen, as a sentence without its end: `ends all 3 sessions of u1 in shop`. */
  readonly deed: string;
  /** What must be typed in the place of y, where much is at stake. Absence: undefined. */
  readonly typed?: string;
}

/**
 * Asks on the terminal, unless --yes says that it needs no asking. Gives true to go on, else the exit code, after words: where there is
 * no terminal nobody can be asked, and nothing is done.
 */
export async function confirmed({ deed, typed }: Confirmation, given: Pick<Words, 'has'>): Promise<true | number> {
  if (given.has('yes')) return true;
  const will = `this ${visible(deed)}`;
  if (!isatty(0) || !standardError.isTTY) return misuse([`${will}; there is no terminal to ask on, so it needs --yes`]);
  const how = typed === undefined ? 'Go on? [y/N]' : `Type ${visible(typed)} to go on:`;
  standardError.write(`rest-sessions: ${will}.\n${how} `);
  const answer = await lineFromTerminal();
  if (typed === undefined ? /^y(es)?$/i.test(answer) : answer === typed) return true;
  standardError.write('rest-sessions: nothing was done\n');
  return EXIT.failed;
}

/** Not read in one go: a signal must be heard meanwhile. Absence: '' at the end of input. */
function lineFromTerminal(): Promise<string> {
  const lines = createInterface({ input: process.stdin, terminal: false });
  return new Promise((resolve) => {
    lines.once('line', (line) => resolve(line.trim()));
    // The end of input leaves the cursor behind the question.
    lines.once('close', () => {
      standardError.write('\n');
      resolve('');
    });
  }).then((line) => {
    lines.removeAllListeners('close').close();
    return line as string;
  });
}
