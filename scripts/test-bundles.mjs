// Test files made into JavaScript, all at once, before they run: what several of them import is read and compiled once. Each
// file by itself still runs as it is written, with `node --import tsx --test FILE`: that costs half a second more for each.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './install.mjs';

/** Beneath node_modules, so that the packages are found, and nobody looks for sources in it. */
const FOLDER = join(root, 'node_modules', '.rest-sessions-tests');

/** Gives where the JavaScript of each test file is. It is removed when this process ends. Errors: what does not compile. */
export async function bundle(files) {
  // Of this process only: a test may run tests.
  const folder = join(FOLDER, `${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const names = new Map(files.map((file, i) => [file, `${i}-${file.replaceAll(/[^\w.-]+/g, '_')}`]));
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries([...names].map(([file, name]) => [name, resolve(root, file)])),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    keepNames: true,
    sourcemap: 'linked',
    logLevel: 'warning',
    plugins: [ownAddress],
  });
  return new Map([...names].map(([file, name]) => [file, join(folder, `${name}.mjs`)]));
}

/** A file finds what lies beside it by `import.meta.url`, which stays the address of its source. */
const ownAddress = {
  name: 'own-address',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      return { contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' };
    });
  },
};
