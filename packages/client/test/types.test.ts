/** The types of the package fit those of the frameworks: what an author writes in strict TypeScript needs no cast. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { skip } from './frameworks.ts';

const COMPILER = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const projectOf = (folder: string) => fileURLToPath(new URL(`./${folder}/tsconfig.json`, import.meta.url));

function compile(folder: string): void {
  const { stdout, stderr, status } = spawnSync(process.execPath, [COMPILER, '-p', projectOf(folder)], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
}

test('applications of every framework compile in strict mode, without a cast', { skip }, () => compile('frameworks'));

test('applications of redis-sessions compile as they are, in CommonJS with callbacks and as modules with promises', () => {
  compile('redis-sessions/typescript');
});
