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

/**
 * Installs the generators of clients that one test runs: 400 packages, which nobody needs who starts the server. Where they
 * cannot be had, that test is skipped and says so; with CI=true it fails.
 */
export function installGenerators() {
  if (process.env.RS_TEST_INSTALL === 'no') return;
  if (!installIn('packages/server/test/clients', 'the generators of clients that a test runs'))
    console.error('the generators of clients could not be installed: their test does not run');
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
