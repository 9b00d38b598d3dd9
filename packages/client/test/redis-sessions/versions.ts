/** The published versions of redis-sessions: installed by `npm test`, with a lockfile of their own. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cleanup, type ServerProcess, startServer, temporaryFolder } from '../../../server/test/support/server.ts';

const FOLDER = fileURLToPath(new URL('./', import.meta.url));
const requireThere = createRequire(join(FOLDER, 'package.json'));
const isInstalled = existsSync(join(FOLDER, 'node_modules/redis-sessions-4'));

/** A single run without them skips their tests; with CI=true it fails. */
export const skip = !isInstalled && process.env.CI !== 'true' && '`npm test` installs the versions of redis-sessions';

/** The tests that each version is published with. */
export const PUBLISHED_TESTS = {
  2: 'redis-sessions-2/test/test.js',
  3: 'redis-sessions-3/test/test.js',
  4: 'redis-sessions-4/dist/test/test.js',
} as const;
export type Version = keyof typeof PUBLISHED_TESTS;

export const fileOf = (name: string) => join(FOLDER, name);
export const mocha = () => join(FOLDER, 'node_modules/mocha/bin/mocha.js');

/** Gives the class of a version. */
// biome-ignore lint/suspicious/noExplicitAny: three shapes of one class
export function published(version: Version): any {
  const loaded = requireThere(`redis-sessions-${version}`);
  return loaded.default ?? loaded;
}

export interface StillClock {
  readonly env: Record<string, string>;
  /** Units: epoch milliseconds. */
  readonly now: () => number;
  /** Units: milliseconds. */
  readonly goOn: (by: number) => void;
}

/** Makes a clock that stands still, for processes that load it. It begins at a whole second. */
export function stillClock(cleanup: Cleanup): StillClock {
  const file = join(temporaryFolder(cleanup), 'clock');
  let now = Math.ceil(Date.now() / 1000) * 1000;
  const write = () => {
    writeFileSync(`${file}.new`, String(now));
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    env: { TEST_CLOCK: file, NODE_OPTIONS: `--require=${fileOf('clock.cjs')}` },
    now: () => now,
    goOn: (by) => {
      now += by;
      write();
    },
  };
}

/** Starts a server by a clock. */
export function serverBy(
  cleanup: Cleanup,
  clock: StillClock,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  return startServer(cleanup, { RS_STORE: 'memory:', ...env, ...clock.env });
}
