// What starts hundreds of times in a run of the tests, made quick to start: the test files as few files of JavaScript, and the
// built server as one that is compiled already. A test file by itself still runs as it is written, on the server as it is
// shipped, with `node --import tsx --test FILE`: that costs half a second more, and two tenths for each server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './install.mjs';

/**
 * Beneath node_modules, so that the packages of the root are found, and nobody looks for sources in it. Those of a folder with a
 * lockfile of its own are had by `createRequire`.
 */
const FOLDER = join(root, 'node_modules', '.rest-sessions-tests');

const OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  keepNames: true,
  logLevel: 'warning',
};

/**
 * Gives where the JavaScript of each test file is, and that of the server's command. It is removed when this process ends.
 * Errors: what does not compile.
 */
export async function bundle(files) {
  // Not at the top: in a fresh clone nothing is installed when this module is read.
  const { build } = await import('esbuild');
  // Of this process only: a test may run tests. Those of processes that were killed go now.
  mkdirSync(FOLDER, { recursive: true });
  for (const pid of readdirSync(FOLDER)) if (!isAlive(pid)) rmSync(join(FOLDER, pid), { recursive: true, force: true });
  const folder = join(FOLDER, `${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const names = new Map(files.map((file, i) => [file, `${i}-${file.replaceAll(/[^\w.-]+/g, '_')}`]));
  await build({
    ...OPTIONS,
    entryPoints: Object.fromEntries([...names].map(([file, name]) => [name, resolve(root, file)])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    splitting: true,
    packages: 'external',
    sourcemap: 'linked',
    plugins: [ownAddress],
  });
  const server = join(folder, 'server', 'main.cjs');
  // With its packages, of which it would else read hundreds of files at each start. As CommonJS, because Node 20 takes no compiled
  // code for other modules.
  await build({
    ...OPTIONS,
    entryPoints: ['packages/server/dist/cli/main.js'],
    outfile: join(folder, 'server', 'server.js'),
    format: 'cjs',
    external: ['lmdb', 'pino-pretty'],
    minifyWhitespace: true,
    // Functions that come compiled find nobody who could import for them: `require` does.
    supported: { 'dynamic-import': false },
    plugins: [ownAddress],
  });
  copyFileSync(join(root, 'scripts/test-server.cjs'), server);
  await compile(server, join(folder, 'data'));
  const scripts = new Map([...names].map(([file, name]) => [file, join(folder, `${name}.mjs`)]));
  return { scripts, server };
}

/**
 * Runs the server once, so that what a start and a session need is compiled, and has it kept. Errors: what the server printed when
 * it does not serve.
 */
async function compile(server, data) {
  const child = spawn(process.execPath, [server], {
    env: { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: `lmdb:${data}`, RS_TEST_KEEP_COMPILED: 'yes' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const url = new Promise((found) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
        const listens = /listens on (https?:\S+)/.exec(output);
        if (listens !== null) found(listens[1]);
      });
  });
  const closed = once(child, 'close');
  const base = await Promise.race([url, closed.then(() => null)]);
  if (base === null) throw new Error(`the server for the tests does not start: ${output}`);
  const created = await fetch(`${base}/app/create/user?ip=127.0.0.1`, { method: 'PUT' });
  const { token } = await created.json();
  await (await fetch(`${base}/app/get/${token}`)).text();
  child.kill('SIGTERM');
  await closed;
}

function isAlive(pid) {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

/** A file finds what lies beside it by `import.meta.url`, which stays the address of its source. */
const ownAddress = {
  name: 'own-address',
  setup({ onLoad }) {
    onLoad({ filter: /\.(?:[jt]s|mjs)$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      return {
        contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
        loader: path.endsWith('.ts') ? 'ts' : 'js',
      };
    });
  },
};
