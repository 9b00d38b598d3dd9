// Part of the build, after the compiler: puts the modules of the command and of the library into a few files. Node takes 0.5 ms and
// some 20 KB for each module that it loads, and there are three hundred. What is loaded only when it is wanted stays so.
// Run in packages/server.
//
// The client (packages/client) comes into them, too: the command asks servers by it, and the package does not depend on it.
//
// lmdb is native and ioredis is for those who have Redis: both are loaded from their packages. So is pino-pretty, for terminals.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { build } from 'esbuild';
import { withoutLocales } from './without-locales.mjs';

for (const name of readdirSync('dist')) if (name.startsWith('chunk-')) rmSync(`dist/${name}`);

const { metafile } = await build({
  entryPoints: ['dist/cli/main.js', 'dist/index.js'],
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  outdir: 'dist',
  allowOverwrite: true,
  chunkNames: 'chunk-[hash]',
  minifyWhitespace: true,
  lineLimit: 160,
  external: ['ioredis', 'lmdb', 'pino-pretty'],
  plugins: [withoutLocales],
  // What was written for require finds it.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
});

// Files beside the code are found from the folder above that of the module which knows them (src/assets.ts).
const home = Object.entries(metafile.outputs).find(([, { inputs }]) => 'dist/assets.js' in inputs)?.[0];
if (home === undefined || !/^dist\/[^/]+$/.test(home)) throw new Error(`dist/assets.js came into ${home}`);

// Whoever installs the package has its dependencies, and nothing else of this repository.
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const there = new Set([...Object.keys(dependencies), ...builtinModules]);
for (const [output, { imports }] of Object.entries(metafile.outputs)) {
  for (const { path, external } of imports) {
    if (external && !path.startsWith('node:') && !there.has(path))
      throw new Error(`${output} imports ${path}, which is no dependency`);
  }
}
