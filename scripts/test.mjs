// `npm test`: installs, checks types, lint and generated files, builds, and runs every test.
// `npm test -- FILE…` runs only those files. The last line is a count: `N passed, N failed`.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { install, root, run } from './install.mjs';
import { installTestTools } from './test-tools.mjs';

const given = process.argv.slice(2);
install();
installTestTools();
if (given.length === 0) run('node', ['scripts/check.mjs']);
run('npm', ['run', 'build', '--silent']);

const tests = given.length > 0 ? given : testFiles(join(root, 'packages'));
const reporters = ['spec', './scripts/count-reporter.mjs'].flatMap((reporter) => [
  `--test-reporter=${reporter}`,
  '--test-reporter-destination=stdout',
]);
run(process.execPath, ['--import', 'tsx', '--test', '--test-concurrency=2', ...reporters, ...tests]);

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !path.includes('node_modules'))
    .sort();
}
