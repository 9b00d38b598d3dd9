/** Express and what its applications keep sessions with: installed by `npm test`, with a lockfile of their own. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('./package.json', import.meta.url));
const isInstalled = existsSync(new URL('./node_modules/express', import.meta.url));

/** A single run without them skips their tests; with CI=true it fails. */
export const withoutExpress =
  !isInstalled && process.env.CI !== 'true' && '`npm test` installs Express and connect-redis';

/** The versions of connect-redis whose sessions are read. */
export const VERSIONS = [6, 7, 8, 9] as const;

/** Loads one. */
// biome-ignore lint/suspicious/noExplicitAny: its types are not installed where the types are checked
export function loaded(name: string): any {
  return require(name);
}

/** Gives the class of the store in a version of connect-redis. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function redisStore(version: (typeof VERSIONS)[number]): any {
  const found = loaded(`connect-redis-${version}`);
  if (version === 6) return found(loaded('express-session'));
  return version === 7 ? found.default : found.RedisStore;
}
