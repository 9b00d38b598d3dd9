// `npm start`: installs and builds what is missing or out of date, then is the server: one process, one to stop.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { install, root, run } from './install.mjs';

const server = join(root, 'packages/server');
const main = join(server, 'dist/cli/main.js');
const consolePage = join(server, 'dist/console/index.html');

install();
const isOld = isOlder(main, join(server, 'src')) || isOlder(consolePage, join(root, 'packages/console/src'));
if (isOld) run('npm', ['run', 'build', '--silent']);
await import(main);

/** Whether what was built is not there, or older than the newest of its sources. */
function isOlder(built, sources) {
  return !existsSync(built) || newest(sources) > statSync(built).mtimeMs;
}

function newest(folder) {
  const times = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  return Math.max(...times);
}
