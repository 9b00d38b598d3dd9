/** The frameworks that the stores are tested in: installed by `npm test`, with a lockfile of their own. */
import { createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const from = createRequire(new URL('./frameworks/package.json', import.meta.url));
const isInstalled = existsSync(new URL('./frameworks/node_modules/express', import.meta.url));

/** A single run without them skips their tests; with CI=true it fails. */
export const skip = !isInstalled && process.env.CI !== 'true' && '`npm test` installs the frameworks';

/** Loads one, by what it exports by default. */
// biome-ignore lint/suspicious/noExplicitAny: its types are not installed where the types are checked
export async function framework(name: string): Promise<any> {
  const loaded = await frameworkModule(name);
  return loaded.default ?? loaded;
}

/** Loads one. */
// biome-ignore lint/suspicious/noExplicitAny: its types are not installed where the types are checked
export function frameworkModule(name: string): Promise<any> {
  return import(pathToFileURL(from.resolve(name)).href);
}

/** Signs a token as express-session does, for a cookie. */
export function signed(secret: string, token: string): string {
  const signature = createHmac('sha256', secret).update(token).digest('base64').replace(/=+$/, '');
  return encodeURIComponent(`s:${token}.${signature}`);
}
