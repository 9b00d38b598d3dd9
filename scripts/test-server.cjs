// The command of the server as the tests start it: one script, and beside it what V8 made of it the first time, which takes half of
// the CPU out of a start. scripts/test-bundles.mjs copies this file beside both. Another version of Node does not take what
// was compiled, and compiles by itself.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const filename = join(__dirname, 'server.js');
const compiled = join(__dirname, 'compiled');
const isFirst = process.env.RS_TEST_KEEP_COMPILED !== undefined;
// esbuild writes nothing but ASCII. Strict, as the modules that it is made of are.
const text = readFileSync(filename, 'latin1').replace(/^#!.*/, '');
const script = new Script(`(function (require, module, exports) { 'use strict'; ${text}\n})`, {
  filename,
  cachedData: isFirst ? undefined : readFileSync(compiled),
});
// At its end: by then it holds the functions that ran, too.
if (isFirst) process.once('exit', () => writeFileSync(compiled, script.createCachedData()));
script.runInThisContext()(require, module, exports);
