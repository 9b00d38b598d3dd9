// The programs that tests start for real: found, or installed from Debian's packages where we may, or asked for.
import { spawnSync } from 'node:child_process';
import { run } from './install.mjs';

const TOOLS = { 'redis-server': 'redis-server', openssl: 'openssl', curl: 'curl' };
/**
 * What single tests are about: a browser for the page /docs, the languages of the polyglot example. Where one is missing,
 * its tests are skipped and say so; with CI=true they fail.
 */
const OPTIONAL = { chromium: 'chromium', php: 'php-cli', python3: 'python3', ruby: 'ruby', perl: 'perl' };

/** Makes sure that every program is there. Ends the process with one clear line when one that must be cannot be had. */
export function installTestTools() {
  const missing = missingOf(TOOLS);
  const optional = missingOf(OPTIONAL);
  if (missing.length + optional.length === 0) return;
  const packages = [...missing.map((tool) => TOOLS[tool]), ...optional.map((tool) => OPTIONAL[tool])];
  if (spawnSync('apt-get', ['--version']).error !== undefined || process.getuid?.() !== 0) {
    const verb = missing.length > 0 ? 'need' : 'are skipped where they need';
    console.error(`the tests ${verb} ${[...missing, ...optional].join(', ')}; apt-get install ${packages.join(' ')}`);
    if (missing.length > 0) process.exit(1);
    return;
  }
  console.log(`installing ${packages.join(', ')} for the tests…`);
  // RUNLEVEL=1: the package would start a server of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  run('apt-get', ['-qq', 'update'], env);
  run('apt-get', ['-qq', 'install', '--yes', '--no-install-recommends', ...packages], env);
}

function missingOf(tools) {
  return Object.keys(tools).filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
}
