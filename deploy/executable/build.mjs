// `npm run build:executable`: the server as one file that needs no Node, in release/rest-sessions.
// A Node of version 24 (from npm's packages, by the lockfile of scripts/runtimes; another one with --node PATH) gets the whole
// command as one script, compiled beforehand, and every file that the command reads as an asset (src/assets.ts).
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { withoutLocales } from '../../packages/server/scripts/without-locales.mjs';
import { install, installIn, root, run } from '../../scripts/install.mjs';

/** Where the blob of a single executable goes. Source: documentation of Node, "Single executable applications". */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const SERVER = join(root, 'packages/server');

function nodeOfNpm() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.error('npm has a Node for Linux on x64 only: name one of version 24 with --node PATH');
    process.exit(2);
  }
  if (!installIn('scripts/runtimes', 'Node 24')) process.exit(1);
  return join(root, 'scripts/runtimes/node_modules/node-24/bin/node');
}

/** Everything in one script, because a single executable finds no other. */
async function bundle(outfile) {
  await build({
    entryPoints: [join(SERVER, 'src/cli/main.ts')],
    outfile,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    legalComments: 'eof',
    define: { 'import.meta.url': 'ownUrl' },
    banner: { js: "const ownUrl = require('node:url').pathToFileURL(process.execPath).href;" },
    // An accelerator of msgpackr, which does without.
    external: ['msgpackr-extract'],
    minifyWhitespace: true,
    minifySyntax: true,
    plugins: [lmdb, prettyLog, withoutLocales],
    logLevel: 'warning',
  });
}

/**
 * Its modules as CommonJS, because a part of them (ordered-binary) evaluates code that names variables beside it: in what esbuild
 * makes of ES modules these have other names. The native part is loaded from a file that is gone a moment later (native.cjs).
 */
const lmdb = {
  name: 'lmdb',
  setup({ onResolve }) {
    onResolve({ filter: /^lmdb$/ }, () => ({ path: join(root, 'node_modules/lmdb/dist/index.cjs') }));
    onResolve({ filter: /^node-gyp-build-optional-packages$/ }, () => ({
      path: fileURLToPath(new URL('./native.cjs', import.meta.url)),
    }));
  },
};

/** The one package that is loaded by a require of our own, for terminals. */
const prettyLog = {
  name: 'readable log',
  setup({ onLoad }) {
    onLoad({ filter: /src[/\\]log[/\\]log\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const parts = text.split("createRequire(import.meta.url)('pino-pretty')");
      if (parts.length !== 2) throw new Error(`${path} loads pino-pretty in another way than this file knows`);
      return { contents: parts.join("require('pino-pretty')"), loader: 'ts' };
    });
  },
};

/** Name → file: what src/assets.ts reads, by the path it has in the package; and the native part of lmdb. */
function assets(folder) {
  const native = join(folder, 'lmdb.node');
  copyFileSync(join(root, `node_modules/@lmdb/lmdb-${process.platform}-${process.arch}/node.napi.glibc.node`), native);
  strip(native);
  const found = { 'lmdb.node': native };
  for (const path of ['package.json', 'schema/config.json', 'schema/export.json']) found[path] = join(SERVER, path);
  // The package may be built without the console: /console then says that its files are not there.
  for (const path of ['lua', 'dist/docs-page', 'dist/console']) {
    if (path === 'dist/console' && !existsSync(join(SERVER, path))) continue;
    for (const entry of readdirSync(join(SERVER, path), { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath ?? entry.path, entry.name);
      found[file.slice(SERVER.length + 1)] = file;
    }
  }
  return found;
}

/** Takes the names of functions out of Node: 17 MiB that only a debugger of Node itself needs. */
function strip(file) {
  const { status } = spawnSync('strip', ['--strip-all', file], { stdio: 'inherit' });
  if (status !== 0) console.error('strip (binutils) is not there: the file is 17 MiB larger');
}

// --built: what the package needs (the client, too) is built already, and others may be using it just now, as in the tests.
const { values } = parseArgs({
  options: { node: { type: 'string' }, out: { type: 'string' }, built: { type: 'boolean', default: false } },
});
const out = values.out ?? join(root, 'release/rest-sessions');
install();
if (!values.built) run('npm', ['run', 'build', '--silent']);
const node = values.node ?? nodeOfNpm();
const folder = mkdtempSync(join(tmpdir(), 'rest-sessions-executable-'));
try {
  const script = join(folder, 'command.cjs');
  await bundle(script);
  const blob = join(folder, 'blob');
  const settings = join(folder, 'settings.json');
  const options = { main: script, output: blob, disableExperimentalSEAWarning: true, useCodeCache: true };
  writeFileSync(settings, JSON.stringify({ ...options, assets: assets(folder) }));
  run(node, ['--experimental-sea-config', settings]);
  mkdirSync(dirname(out), { recursive: true });
  const made = join(folder, 'rest-sessions');
  copyFileSync(node, made);
  chmodSync(made, 0o755);
  strip(made);
  run('npx', ['--no-install', 'postject', made, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', FUSE]);
  copyFileSync(made, out);
  chmodSync(out, 0o755);
  console.log(`${out}: ${(statSync(out).size / 1024 ** 2).toFixed(1)} MiB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
