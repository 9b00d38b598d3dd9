// Loaded before a published test of redis-sessions. What it requires as the library is our class, by the name and the exports of the
// package as it is built; and where it waits, the clock of clock.cjs goes on instead.
const { renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');

const PUBLISHED = /[\\/]node_modules[\\/]redis-sessions-[234][\\/].*test\.js$/;
const OURS = Module.createRequire(join(__dirname, '../../package.json')).resolve('rest-sessions-client/redis-sessions');
const isPublished = (file) => PUBLISHED.test(file ?? '');

const { _resolveFilename, _load } = Module;
Module._resolveFilename = function (request, parent, ...rest) {
  if (request === '../index' && isPublished(parent?.filename)) return OURS;
  return _resolveFilename.call(this, request, parent, ...rest);
};

/** At once by the machine's clock. */
function wait(milliseconds) {
  const file = process.env.TEST_CLOCK;
  // By a rename: a server that reads it meanwhile has the whole text, of before or after.
  writeFileSync(`${file}.new`, String(Date.now() + milliseconds));
  renameSync(`${file}.new`, file);
}

exports.setTimeout = (callback, milliseconds) => {
  wait(milliseconds);
  setImmediate(callback);
};
Module._load = function (request, parent, ...rest) {
  if (request === 'node:timers/promises' && isPublished(parent?.filename)) {
    return { setTimeout: async (milliseconds) => wait(milliseconds) };
  }
  return _load.call(this, request, parent, ...rest);
};
const { _compile } = Module.prototype;
Module.prototype._compile = function (code, file, ...rest) {
  const timer = isPublished(file) ? `const { setTimeout } = require(${JSON.stringify(__filename)}); ` : '';
  return _compile.call(this, timer + code, file, ...rest);
};
