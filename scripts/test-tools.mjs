// The programs that tests start for real: found, or installed from Debian's packages where we may, or asked for.
import { spawnSync } from 'node:child_process';
import { run } from './install.mjs';

const TOOLS = { 'redis-server': 'redis-server', openssl: 'openssl', curl: 'curl' };
/** What the polyglot example is written in. On a laptop its tests are skipped, loudly, where one is missing. */
const LANGUAGES = { php: 'php-cli', python3: 'python3', ruby: 'ruby', perl: 'perl' };

/** Makes sure that every program is there. Ends the process with one clear line when one cannot be had. */
export function installTestTools() {
  const tools = missingOf(TOOLS);
  const languages = missingOf(LANGUAGES);
  if (tools.length + languages.length === 0) return;
  const packages = [...tools.map((tool) => TOOLS[tool]), ...languages.map((language) => LANGUAGES[language])];
  const apt = spawnSync('apt-get', ['--version']).error === undefined;
  if (!apt || process.getuid?.() !== 0) {
    const missing = [...tools, ...languages].join(', ');
    console.error(`the tests need ${missing}; install first: apt-get install ${packages.join(' ')}`);
    if (tools.length === 0 && process.env.CI !== 'true') return;
    process.exit(1);
  }
  console.log(`installing ${packages.join(', ')} for the tests…`);
  // RUNLEVEL=1: the package would start a server of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  run('apt-get', ['-qq', 'update'], env);
  run('apt-get', ['-qq', 'install', '--yes', '--no-install-recommends', ...packages], env);
}

function missingOf(programs) {
  return Object.keys(programs).filter((program) => spawnSync(program, ['--version']).error !== undefined);
}
