// `npm run release`: everything that a release consists of, in release/: the executable, the Debian package, the packages for npm, the
// chart, the list of parts (SBOM, CycloneDX), and SHA256SUMS over all of them. It publishes nothing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, root, run } from '../scripts/install.mjs';

const out = join(root, 'release');
const { version } = JSON.parse(readFileSync(join(root, 'packages/server/package.json'), 'utf8'));
install();
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const executable = join(out, `rest-sessions-${version}-${process.platform}-${process.arch}`);
run(process.execPath, ['deploy/executable/build.mjs', '--out', executable]);
run(process.execPath, ['deploy/debian/build.mjs', '--executable', executable]);
run('npm', ['run', 'build', '--silent']);
for (const name of ['packages/server', 'packages/client']) {
  run('npm', ['pack', '--silent', '--pack-destination', out, '--workspace', name]);
}
const tar = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '-czf'];
run('tar', [...tar, join(out, 'chart.tgz'), '-C', join(root, 'deploy/helm'), 'rest-sessions']);
renameSync(join(out, 'chart.tgz'), join(out, `rest-sessions-chart-${version}.tgz`));
writeFileSync(join(out, `rest-sessions-${version}.cdx.json`), outputOf('npm', ['run', 'sbom', '--silent']));
const sums = readdirSync(out)
  .sort()
  .map(
    (name) =>
      `${createHash('sha256')
        .update(readFileSync(join(out, name)))
        .digest('hex')}  ${name}\n`,
  );
writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
process.stdout.write(sums.join(''));

function outputOf(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
  return stdout;
}
