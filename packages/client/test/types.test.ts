/** The types of the package fit those of the frameworks: what an author writes in strict TypeScript needs no cast. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skip } from './frameworks.ts';

const COMPILER = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const PROJECT = fileURLToPath(new URL('./frameworks/tsconfig.json', import.meta.url));

test('applications of every framework compile in strict mode, without a cast', { skip }, () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [COMPILER, '-p', PROJECT], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});
