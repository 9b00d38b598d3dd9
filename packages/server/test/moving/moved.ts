/** The import as a person runs it, into a store of its own, and a server on that. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { Browser } from '../../../client/test/support.ts';
import { type Ran, type RunOptions, runCommand } from '../support/command.ts';
import { type Cleanup, lastFirst, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';

/** Runs the import into a new embedded store. Gives what it said, and what the store is. */
export async function imported(
  cleanup: Cleanup,
  words: readonly string[],
  store = `lmdb:${temporaryFolder(cleanup)}/data`,
): Promise<Ran & { readonly store: string }> {
  const ran = await runCommand(['import', ...words], { env: { RS_STORE: store } });
  return { ...ran, store };
}

export interface Summary {
  readonly taken: number;
  readonly present: number;
  /** Counts by reason. */
  readonly left: Readonly<Record<string, number>>;
  readonly store: string;
  readonly text: string;
}

/** The same, and its summary. */
export async function summaryOf(cleanup: Cleanup, words: readonly string[], store?: string): Promise<Summary> {
  const ran = await imported(cleanup, [...words, '--json'], store);
  assert.equal(ran.status, 0, ran.stderr);
  const { taken, present, left } = JSON.parse(ran.stdout) as {
    taken: number;
    present: number;
    left: { reason: string; count: number }[];
  };
  return {
    taken,
    present,
    left: Object.fromEntries(left.map(({ reason, count }) => [reason, count])),
    store: ran.store,
    text: ran.stdout + ran.stderr,
  };
}

/** Imports, and starts a server on what was taken. */
export async function served(cleanup: Cleanup, words: readonly string[]): Promise<Summary & { server: ServerProcess }> {
  const ending = lastFirst(cleanup);
  const summary = await summaryOf(ending, words);
  return { ...summary, server: await startServer(ending, { RS_STORE: summary.store }) };
}

/** Checks that an import is refused with one sentence and exit code 2, and that nothing was made. */
export async function refused(
  cleanup: Cleanup,
  words: readonly string[],
  sentence: RegExp,
  options: RunOptions = {},
): Promise<void> {
  const store = `${temporaryFolder(cleanup)}/data`;
  const { status, stdout, stderr } = await runCommand(['import', ...words], {
    ...options,
    env: { ...options.env, RS_STORE: `lmdb:${store}` },
  });
  assert.equal(status, 2, stdout + stderr);
  const [said = '', ...more] = stderr.trim().split('\n');
  assert.match(said, sentence);
  assert.deepEqual(
    more.filter((line) => !line.startsWith('Try: ')),
    [],
    'one sentence',
  );
  assert.equal(existsSync(store), false, 'nothing was changed');
}

/** The same cookies at another application. */
export function moved(browser: Browser, url: string): Browser {
  const other = new Browser(url);
  for (const [name, value] of browser.cookies) other.cookies.set(name, value);
  return other;
}
