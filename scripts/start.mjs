// `npm start`: installs and builds what is missing or out of date, then is the server: one process, one to stop.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { install, root, run } from './install.mjs';

const server = join(root, 'packages/server');
const main = join(server, 'dist/cli/main.js');

install();
if (!existsSync(main) || newest(join(server, 'src')) > statSync(main).mtimeMs) run('npm', ['run', 'build', '--silent']);
await import(main);

function newest(folder) {
  const times = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  return Math.max(...times);
}
