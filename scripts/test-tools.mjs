// The programs that tests start for real: found, or installed from Debian's packages where we may, or asked for.
// RS_TEST_INSTALL=no: nothing is installed.
import { spawnSync } from 'node:child_process';
import { run } from './install.mjs';

export const TOOLS = { 'redis-server': 'redis-server', openssl: 'openssl', curl: 'curl', bash: 'bash' };
/**
 * What single tests are about: a browser for the page /docs, the languages of the polyglot example, the proxies of the gateway example, strace to count system
 * calls, logrotate for the audit log, wrk for restarts under load, the shells that are taught to complete. Where one is missing, its tests are skipped and say so; with CI=true they fail.
 */
export const OPTIONAL = {
  strace: 'strace',
  // The single executable is built without the names that a debugger needs.
  strip: 'binutils',
  chromium: 'chromium',
  php: 'php-cli',
  python3: 'python3',
  ruby: 'ruby',
  rails: 'ruby-railties',
  rubocop: 'rubocop',
  perl: 'perl',
  nginx: 'nginx-light',
  caddy: 'caddy',
  haproxy: 'haproxy',
  logrotate: 'logrotate',
  wrk: 'wrk',
  // The shells that the command is completed in.
  zsh: 'zsh',
  fish: 'fish',
  script: 'bsdutils',
  phpunit: 'phpunit',
  prometheus: 'prometheus',
  javac: 'openjdk-17-jdk-headless',
  mvn: 'maven',
};
/** What adapters are tested with that is no program: Debian's packages, each with a question that the shell answers. */
const OPTIONAL_PARTS = {
  // The application of Rack in examples/polyglot/native.
  'ruby-webrick': `ruby -e 'require "webrick"'`,
  // The client of adapters/php.
  'php-curl': `php -r 'exit((int) !extension_loaded("curl"));'`,
  // The sessions that phpredis and igbinary write, from which one moves here.
  'php-redis': `php -r 'exit((int) !extension_loaded("redis"));'`,
  'php-igbinary': `php -r 'exit((int) !extension_loaded("igbinary"));'`,
  // Its session handler for Symfony.
  'php-symfony-http-foundation': 'test -e /usr/share/php/Symfony/Component/HttpFoundation/autoload.php',
};

/** Makes sure that every program is there. Ends the process with one clear line when one that must be cannot be had. */
export function installTestTools() {
  const required = missingOf(TOOLS);
  const optional = [...missingOf(OPTIONAL), ...missingParts()];
  if (required.length + optional.length === 0) return;
  const packages = [...required.map((tool) => TOOLS[tool]), ...optional.map((tool) => OPTIONAL[tool] ?? tool)];
  const command = `apt-get install ${packages.join(' ')}`;
  if (mayInstall()) {
    console.log(
      `The tests start these programs, which are not here: ${[...required, ...optional].join(', ')}. ` +
        `Installing them now, as root, with: ${command} (RS_TEST_INSTALL=no keeps the tests from installing anything)`,
    );
    // RUNLEVEL=1: the package would start a server of its own.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    run('apt-get', ['-qq', 'update'], env);
    run('apt-get', ['-qq', 'install', '--yes', '--no-install-recommends', ...packages], env);
    return;
  }
  if (required.length > 0) {
    console.error(`The tests need ${required.join(', ')}, which is not here. On Debian or Ubuntu: ${command}`);
    process.exit(1);
  }
  const consequence = process.env.CI === 'true' ? 'FAIL, because CI=true' : 'ARE SKIPPED';
  console.error(`TESTS THAT NEED ${optional.join(', ')} ${consequence}. On Debian or Ubuntu: ${command}`);
}

/** Whether Debian's packages can be installed, and whoever runs the tests has not said no. */
function mayInstall() {
  if (process.env.RS_TEST_INSTALL === 'no' || process.getuid?.() !== 0) return false;
  return spawnSync('apt-get', ['--version']).error === undefined;
}

function missingOf(tools) {
  // Where Debian puts servers; the PATH of an account that is not root may leave it out.
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  return Object.keys(tools).filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`], { env }).status !== 0);
}

function missingParts() {
  return Object.keys(OPTIONAL_PARTS).filter((part) => spawnSync('sh', ['-c', OPTIONAL_PARTS[part]]).status !== 0);
}
