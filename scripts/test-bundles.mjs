// What starts hundreds of times in a run of the tests, made quick to start: the test files and the built server, each as few
// files of JavaScript. A test file by itself still runs as it is written, on the server as it is shipped, with
// `node --import tsx --test FILE`: that costs half a second more, and a tenth for each server.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
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
    packages: 'external',
    sourcemap: 'linked',
    plugins: [ownAddress],
  });
  // With its packages, of which it would else read hundreds of files at each start.
  await build({
    ...OPTIONS,
    entryPoints: ['packages/server/dist/cli/main.js'],
    outdir: join(folder, 'server'),
    external: ['lmdb', 'pino-pretty'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    plugins: [ownAddress],
  });
  const scripts = new Map([...names].map(([file, name]) => [file, join(folder, `${name}.mjs`)]));
  return { scripts, server: join(folder, 'server/main.mjs') };
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
