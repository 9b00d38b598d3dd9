/** A real browser: Debian's Chromium, without a window, which asks nobody but 127.0.0.1 for anything. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import type { Cleanup } from './server.ts';

/** Absence: undefined where it is not installed. */
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

/** Why tests of it are skipped. Absence: false where it is there, and with CI=true: they then fail. */
export const noChromium =
  executablePath === undefined && process.env.CI !== 'true' && 'SKIPPED: needs chromium (apt-get install chromium)';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** A flag: the name leads to this machine, and all others nowhere. */
export function hostHere(name: string): string {
  return `--host-resolver-rules=MAP ${name} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`;
}

/** `more`: flags after those of all tests; of a flag that is there twice the last counts. */
export async function launchChromium(cleanup: Cleanup, more: readonly string[] = []): Promise<Browser> {
  const browser = await chromium.launch({
    headless: true,
    args: [...FLAGS, ...more],
    ...(executablePath !== undefined && { executablePath }),
  });
  cleanup.after(() => browser.close());
  return browser;
}
