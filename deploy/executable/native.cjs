// Loads the native part of lmdb out of the executable. The system loads libraries from files only, so it is one for a moment, in a
// folder of this account alone: nobody can put another in its place, and nothing is left behind.
const { getRawAsset } = require('node:sea');
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { constants, tmpdir } = require('node:os');
const { join } = require('node:path');

module.exports = function load() {
  // systemd names a folder of the service; where /tmp may hold no programs (noexec), TMPDIR names another one.
  const folder = mkdtempSync(join(process.env.RUNTIME_DIRECTORY ?? tmpdir(), 'rest-sessions-'));
  const file = join(folder, 'lmdb.node');
  try {
    writeFileSync(file, new Uint8Array(getRawAsset('lmdb.node')), { mode: 0o500, flag: 'wx' });
    const loaded = { exports: {} };
    process.dlopen(loaded, file, constants.dlopen.RTLD_NOW);
    return loaded.exports;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
