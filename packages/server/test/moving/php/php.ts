/** PHP itself, as Debian packages it: what the tests of this folder write sessions with. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../support/redis.ts';
import type { Cleanup } from '../../support/server.ts';
import { until } from '../../support/until.ts';

/** Gives why tests with PHP are skipped; with CI=true they fail. `extensions`: those that must be there. */
export function withoutPhp(...extensions: string[]): string | false {
  const asked = extensions.map((name) => `extension_loaded('${name}')`).join(' && ') || 'true';
  const { status } = spawnSync('php', ['-r', `exit((int) !(PHP_VERSION_ID >= 80100 && ${asked}));`]);
  if (status === 0 || process.env.CI === 'true') return false;
  return `there is no PHP${extensions.length === 0 ? '' : ` with ${extensions.join(', ')}`}`;
}

export const noPhp = withoutPhp('session');

/** PHP's own web server with the application of page.php. `settings`: of php.ini. Gives its URL. */
export async function startPages(
  cleanup: Cleanup,
  settings: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [port] = await freePorts(1);
  const words = Object.entries(settings).flatMap(([name, value]) => ['-d', `${name}="${value}"`]);
  const page = fileURLToPath(new URL('./page.php', import.meta.url));
  const child = spawn('php', [...words, '-S', `127.0.0.1:${port}`, page], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  cleanup.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`php ended: ${said}`);
      return /Development Server .* started/.test(said);
    },
    () => said,
  );
  return `http://127.0.0.1:${port}`;
}
