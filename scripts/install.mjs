// Makes node_modules match the lockfile, once: shared by `npm start` and `npm test` in a fresh clone. Plain Node.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the repository, its output shown. Ends the process with its exit code when it fails. */
export function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
  if (error) {
    console.error(`cannot run ${command}: ${error.message}`);
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
}

/** Installs what the lockfile says, unless that was done already. */
export function install() {
  if (!installIn('.', 'dependencies')) process.exit(1);
}

/** What only tests need, and nobody who starts the server: hundreds of packages, each folder with a lockfile of its own. */
const FOR_TESTS = {
  // Tests that make the executable would install it themselves, each at the same time into the same folder.
  'scripts/runtimes': 'other versions of Node',
  'packages/server/test/clients': 'the generators of clients that a test runs',
  'packages/server/test/redis-sessions': 'the old libraries whose sessions are moved',
  'packages/server/test/moving/express': 'what applications of Express keep sessions with before they move here',
  'packages/client/test/frameworks': 'the frameworks that the client is tested in',
  'packages/client/test/redis-sessions': 'the versions of redis-sessions that the client takes the place of',
};

/** Installs it. Where it cannot be had, its tests are skipped and say so; with CI=true they fail. */
export function installForTests() {
  if (process.env.RS_TEST_INSTALL === 'no') return;
  for (const [folder, what] of Object.entries(FOR_TESTS)) {
    if (!installIn(folder, what)) console.error(`${what} could not be installed: their tests do not run`);
  }
}

/** Installs what the lockfile of a folder says, unless that was done already. Gives whether it is there. */
export function installIn(folder, what) {
  const mark = join(root, folder, 'node_modules', '.rest-sessions-installed');
  // Not the version of Node: nothing is compiled, and tests start servers on other versions over the same node_modules.
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return true;
  console.log(`installing ${what}…`);
  const npm = spawnSync('npm', ['ci', '--loglevel=error', '--prefix', folder], { cwd: root, stdio: 'inherit' });
  if (npm.status !== 0) return false;
  writeFileSync(mark, wanted);
  return true;
}
