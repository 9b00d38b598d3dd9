// The programs that tests start for real: found, or installed from Debian's packages where we may, or asked for.
import { spawnSync } from 'node:child_process';
import { run } from './install.mjs';

const TOOLS = { 'redis-server': 'redis-server', openssl: 'openssl', curl: 'curl' };

/** Makes sure that every program is there. Ends the process with one clear line when one cannot be had. */
export function installTestTools() {
  const missing = Object.keys(TOOLS).filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
  if (missing.length === 0) return;
  const packages = missing.map((tool) => TOOLS[tool]);
  const apt = spawnSync('apt-get', ['--version']).error === undefined;
  if (!apt || process.getuid?.() !== 0) {
    console.error(`the tests need ${missing.join(', ')}; install first: apt-get install ${packages.join(' ')}`);
    process.exit(1);
  }
  console.log(`installing ${packages.join(', ')} for the tests…`);
  // RUNLEVEL=1: the package would start a server of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  run('apt-get', ['-qq', 'update'], env);
  run('apt-get', ['-qq', 'install', '--yes', '--no-install-recommends', ...packages], env);
}
