/** PHP itself, as Debian packages it: what the tests of this folder write sessions with. */
import { spawnSync } from 'node:child_process';

/** Gives why tests with PHP are skipped; with CI=true they fail. `extensions`: those that must be there. */
export function withoutPhp(...extensions: string[]): string | false {
  const asked = extensions.map((name) => `extension_loaded('${name}')`).join(' && ') || 'true';
  const { status } = spawnSync('php', ['-r', `exit((int) !(PHP_VERSION_ID >= 80100 && ${asked}));`]);
  if (status === 0 || process.env.CI === 'true') return false;
  return `there is no PHP${extensions.length === 0 ? '' : ` with ${extensions.join(', ')}`}`;
}

export const noPhp = withoutPhp('session');
