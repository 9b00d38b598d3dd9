// `npm run build:deb`: the Debian package, release/rest-sessions_VERSION_amd64.deb: the single executable (deploy/executable), the
// hardened service, the manual page, the completions of shells and the rotation of the audit log. It needs dpkg-deb, and the executable where --executable says.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { root, run } from '../../scripts/install.mjs';

/** Where Debian's shells look for them. */
const COMPLETIONS = {
  bash: 'usr/share/bash-completion/completions/rest-sessions',
  zsh: 'usr/share/zsh/vendor-completions/_rest-sessions',
  fish: 'usr/share/fish/vendor_completions.d/rest-sessions.fish',
};

const { values } = parseArgs({
  options: {
    executable: { type: 'string' },
    out: { type: 'string' },
    version: { type: 'string' },
    // Others are for tests: xz takes a minute.
    compression: { type: 'string', default: 'xz' },
  },
});
const executable = values.executable ?? join(root, 'release/rest-sessions');
if (!existsSync(executable)) run(process.execPath, [join(root, 'deploy/executable/build.mjs'), '--out', executable]);
const npmVersion = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8')).version;
// Debian takes what stands behind a tilde for older than the version before it.
const version = values.version ?? npmVersion.replace('-', '~');
const out = values.out ?? join(root, `release/rest-sessions_${version}_amd64.deb`);
const folder = mkdtempSync(join(tmpdir(), 'rest-sessions-deb-'));
try {
  fill(folder);
  mkdirSync(dirname(out), { recursive: true });
  const { status, error } = spawnSync(
    'dpkg-deb',
    ['--root-owner-group', `-Z${values.compression}`, '--build', folder, out],
    {
      stdio: 'inherit',
    },
  );
  if (error || status !== 0) throw new Error(`dpkg-deb failed: ${error?.message ?? status}`);
  console.log(`${out}: ${(statSync(out).size / 1024 ** 2).toFixed(1)} MiB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Lays the files of the package out. */
function fill(folder) {
  const put = (path, content, mode = 0o644) => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, content, { mode });
    chmodSync(file, mode);
  };
  const text = (path) => readFileSync(join(root, path), 'utf8');
  mkdirSync(join(folder, 'usr/bin'), { recursive: true });
  copyFileSync(executable, join(folder, 'usr/bin/rest-sessions'));
  chmodSync(join(folder, 'usr/bin/rest-sessions'), 0o755);
  put('lib/systemd/system/rest-sessions.service', text('deploy/systemd/rest-sessions.service'));
  put('etc/rest-sessions/environment', text('deploy/debian/environment'), 0o640);
  put('etc/logrotate.d/rest-sessions', text('deploy/logrotate/rest-sessions'));
  put('usr/share/man/man1/rest-sessions.1.gz', gzipSync(text('docs/rest-sessions.1'), { level: 9 }));
  for (const [shell, path] of Object.entries(COMPLETIONS)) {
    const { stdout, status } = spawnSync(executable, ['completion', shell], { encoding: 'utf8', env: {} });
    if (status !== 0) throw new Error(`${executable} has no completion for ${shell}`);
    put(path, stdout);
  }
  put('usr/share/doc/rest-sessions/copyright', text('deploy/debian/copyright'));
  const changes = `rest-sessions (${version}) stable; urgency=medium\n\n  * CHANGELOG.gz in this folder tells what changed.\n\n -- REST-Sessions <rest-sessions@example.com>  ${new Date(0).toUTCString().replace('GMT', '+0000')}\n`;
  put('usr/share/doc/rest-sessions/changelog.gz', gzipSync(changes, { level: 9 }));
  put('usr/share/doc/rest-sessions/CHANGELOG.gz', gzipSync(text('CHANGELOG.md'), { level: 9 }));
  put('usr/share/lintian/overrides/rest-sessions', text('deploy/debian/lintian-overrides'));
  const kibibytes = Math.ceil(statSync(executable).size / 1024) + 100;
  put('DEBIAN/control', text('deploy/debian/control').replace('@VERSION@', version).replace('@SIZE@', `${kibibytes}`));
  put('DEBIAN/conffiles', '/etc/rest-sessions/environment\n/etc/logrotate.d/rest-sessions\n');
  for (const name of ['postinst', 'prerm', 'postrm']) put(`DEBIAN/${name}`, text(`deploy/debian/${name}`), 0o755);
}
