/** What else runs in the process: the lockfile says which packages, and this what they may be. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));
const all = Object.entries(read('package-lock.json').packages as Record<string, Locked>).filter(
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
);
/** Of the programs that tests run: they reach nobody who installs the package. */
const generators = ['clients', 'moving/express'].flatMap((folder) =>
  Object.entries(read(`packages/server/test/${folder}/package-lock.json`).packages as Record<string, Locked>).filter(
    ([path]) => path !== '',
  ),
);
const runtime = all.filter(([, { dev }]) => dev !== true);

/** Licences that ask for no more than to be named. Another one is a decision. */
const LICENCES = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
]);

/** They would compile what comes prebuilt; `.npmrc` keeps them from running, and the server works without. */
const WITH_SCRIPTS = new Set(['lmdb', 'msgpackr-extract']);

test('every package is pinned by its hash, and the lockfile names no registry', () => {
  assert.ok(runtime.length > 10);
  for (const [path, { integrity, resolved }] of [...all, ...generators]) {
    assert.match(integrity ?? '', /^sha512-/, path);
    assert.equal(resolved, undefined, path);
  }
});

test('every package at run time has a licence that asks for no more than to be named', () => {
  for (const [path, { license }] of runtime) assert.ok(LICENCES.has(license ?? ''), `${path}: ${license}`);
});

test('no package runs code at install time', () => {
  for (const npmrc of ['../../../.npmrc', './clients/.npmrc', './moving/express/.npmrc']) {
    assert.match(readFileSync(new URL(npmrc, import.meta.url), 'utf8'), /^ignore-scripts=true$/m);
  }
  for (const [path, { hasInstallScript }] of runtime) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (hasInstallScript === true) assert.ok(WITH_SCRIPTS.has(name), `${name} has an install script`);
  }
  assert.equal(read('packages/server/package.json').scripts.postinstall, undefined);
  assert.equal(read('packages/server/package.json').scripts.install, undefined);
});
