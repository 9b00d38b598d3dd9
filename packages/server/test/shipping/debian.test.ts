/**
 * The Debian package, built and put to use for real: installed, upgraded, removed and purged by dpkg on the system that runs the
 * test, seen through an overlay in memory, so that nothing of it stays. No systemd runs there: what its unit says is verified by
 * systemd's own tools, and held against the system calls that the server makes.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/server.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const UNIT = join(ROOT, 'deploy/systemd/rest-sessions.service');
/** What `systemd-analyze security` may say at most. Source: design 9, shipping. */
const EXPOSURE = 2;

const has = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
const missing = ['dpkg-deb', 'unshare', 'strip'].filter((tool) => !has(tool));
const isHere = process.platform === 'linux' && process.arch === 'x64' && process.getuid?.() === 0;

function sh(command: string, timeout = 300_000) {
  return spawnSync('bash', ['-c', command], { cwd: ROOT, encoding: 'utf8', timeout });
}

describe('the unit of systemd', { skip: has('systemd-analyze') ? false : 'systemd-analyze is not here' }, () => {
  test('has no fault, and lets the server do what it needs and hardly more', () => {
    const { stdout } = sh(`systemd-analyze security --offline=true --no-pager ${UNIT}`);
    const score = Number(/Overall exposure level for rest-sessions\.service: ([\d.]+)/.exec(stdout)?.[1]);
    assert.ok(score <= EXPOSURE, stdout);
    assert.match(readFileSync(UNIT, 'utf8'), new RegExp(`gives it ${score} `), 'the comment says the score');
    const { stderr } = sh(`systemd-analyze verify ${UNIT}`);
    // The program and its manual page are in the package, and not on this machine.
    const faults = stderr
      .split('\n')
      .filter((line) => line !== '' && !/is not executable|man rest-sessions/.test(line));
    assert.deepEqual(faults, []);
  });

  test('permits each system call of a start, of requests and of a stop', {
    skip: has('strace') ? false : 'no strace',
  }, (t) => {
    const folder = temporaryFolder(t);
    const main = join(ROOT, 'packages/server/dist/cli/main.js');
    const script = `
      cd ${folder}
      RS_PORT=0 RS_STORE=lmdb:${folder}/data strace -f -qq -o calls node ${main} >said 2>&1 & pid=$!
      for i in $(seq 600); do grep -q 'listens on' said && break; sleep 0.1; done
      url=$(sed -n 's/.*listens on //p' said)
      curl -s -X PUT "$url/shop/create/u1?ip=127.0.0.1" >/dev/null; curl -s "$url/shop/activity?dt=60" >/dev/null
      kill -TERM $(pgrep -P $pid); wait $pid
      sed -E 's/^[0-9]+ +//; s/\\(.*//' calls | grep -E '^[a-z0-9_]+$' | sort -u`;
    const { stdout, stderr } = sh(script);
    const used = stdout.trim().split('\n');
    assert.ok(used.includes('fdatasync'), stderr + stdout);
    const set = (name: string) => {
      const lines = sh(`systemd-analyze syscall-filter --no-pager ${name}`).stdout.split('\n');
      const names = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
      return names.slice(1).flatMap((one): string[] => (one.startsWith('@') ? set(one) : [one]));
    };
    const denied = new Set([...set('@privileged'), ...set('@resources')]);
    const allowed = new Set(set('@system-service').filter((name) => !denied.has(name)));
    // Node raises its limit of open files, and goes on where it may not: the unit sets it. V8 does without keys for its memory. The
    // others are of the start itself.
    const harmless = new Set([
      'prlimit64',
      'pkey_alloc',
      'execve',
      'set_robust_list',
      'rseq',
      'arch_prctl',
      'sched_getaffinity',
    ]);
    assert.deepEqual(
      used.filter((name) => !allowed.has(name) && !harmless.has(name)),
      [],
    );
  });
});

const skip =
  missing.length > 0 ? `${missing.join(', ')} is not here` : isHere ? false : 'it needs Linux on x64, as root';
describe('the Debian package', { skip }, () => {
  const ends: (() => unknown)[] = [];
  const folder = temporaryFolder({ after: (end) => void ends.push(end) });
  const [first, second] = ['3.0.0~test1', '3.0.0~test2'].map((version) =>
    join(folder, `rest-sessions_${version}_amd64.deb`),
  );

  before(() => {
    process.once('exit', () => ends.forEach((end) => void end()));
    const executable = join(folder, 'rest-sessions');
    // Compressing costs more than all else here. Only lintian asks how a package is compressed.
    const compression = has('lintian') ? 'gzip' : 'none';
    const build = (version: string) =>
      `${process.execPath} deploy/debian/build.mjs --executable ${executable} --compression ${compression} --version ${version} --out ${folder}/rest-sessions_${version}_amd64.deb`;
    const { status, stderr } = sh(
      `set -e; ${process.execPath} deploy/executable/build.mjs --built --out ${executable}; ${build('3.0.0~test1')}; ${build('3.0.0~test2')}`,
      900_000,
    );
    assert.equal(status, 0, stderr);
  });

  test('has no error for lintian', { skip: has('lintian') ? false : 'lintian is not here' }, () => {
    const { stdout } = sh(`lintian --allow-root --fail-on error ${first}`);
    assert.deepEqual(
      stdout.split('\n').filter((line) => line.startsWith('E:')),
      [],
    );
  });

  test('installs, serves as its own account, keeps its data over an upgrade and a removal, and purges clean', () => {
    const script = `
      set -e
      mount -t tmpfs tmpfs ${folder}.mnt; mkdir ${folder}.mnt/{upper,work,root}
      mount -t overlay overlay -o lowerdir=/,upperdir=${folder}.mnt/upper,workdir=${folder}.mnt/work ${folder}.mnt/root
      cp ${first} ${second} ${folder}.mnt/root/
      mount -t proc proc ${folder}.mnt/root/proc
      mount -t tmpfs tmpfs ${folder}.mnt/root/tmp
      mount --bind /dev ${folder}.mnt/root/dev
      chroot ${folder}.mnt/root bash -e /inside.sh`;
    const inside = `
      export DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin
      say() { echo "== $*"; }
      serve() {
        # What the server before has said is there until the next one begins.
        : >/tmp/said
        set -a; . /etc/rest-sessions/environment; set +a
        setpriv --reuid=rest-sessions --regid=rest-sessions --clear-groups env RS_STORE=lmdb:/var/lib/rest-sessions RS_PORT=3999 \\
          /usr/bin/rest-sessions serve >/tmp/said 2>&1 & server=$!
        for i in $(seq 600); do grep -q 'listens on' /tmp/said && return; sleep 0.1; done; cat /tmp/said; exit 1
      }
      ip link set lo up 2>/dev/null || true
      # The index of manual pages takes minutes, and nobody looks into it here.
      rm -f /var/lib/man-db/auto-update
      dpkg -i /rest-sessions_3.0.0~test1_amd64.deb
      say account $(getent passwd rest-sessions | cut -d: -f6,7) $(stat -c '%U %a' /var/lib/rest-sessions /var/log/rest-sessions /etc/rest-sessions/environment)
      say manual $(zcat /usr/share/man/man1/rest-sessions.1.gz | head -2 | tail -1)
      say completions $(bash -c 'source /usr/share/bash-completion/completions/rest-sessions; complete -p rest-sessions') \
        $(head -1 /usr/share/zsh/vendor-completions/_rest-sessions) $(grep -c '^complete -c rest-sessions' /usr/share/fish/vendor_completions.d/rest-sessions.fish | grep -c '..')
      echo 'RS_NAMESPACE=kept' >> /etc/rest-sessions/environment
      serve; token=$(curl -s -X PUT 'http://127.0.0.1:3999/shop/create/user123?ip=127.0.0.1' | cut -d'"' -f4)
      kill $server; wait $server
      dpkg -i /rest-sessions_3.0.0~test2_amd64.deb
      say configuration $(grep -c '^RS_NAMESPACE=kept' /etc/rest-sessions/environment)
      serve; say session $(curl -s "http://127.0.0.1:3999/shop/get/$token" | grep -o '"id":"user123"'); kill $server; wait $server
      say stats $(setpriv --reuid=rest-sessions --regid=rest-sessions --clear-groups env RS_NAMESPACE=kept rest-sessions stats --store lmdb:/var/lib/rest-sessions | grep -c '^shop *1 *1')
      dpkg -r rest-sessions; say removed $(ls /usr/bin/rest-sessions 2>/dev/null | wc -l) $(ls /var/lib/rest-sessions | wc -l)
      dpkg -i /rest-sessions_3.0.0~test2_amd64.deb
      dpkg -P rest-sessions
      say purged $(find /etc /usr/bin /usr/share/man/man1 /usr/share/doc /usr/share/lintian /usr/share/{bash-completion,zsh,fish} /lib/systemd /var/lib /var/log -name '*rest-sessions*' -not -path '*/apt/*' | wc -l) $(getent passwd rest-sessions | wc -l) $(dpkg -l rest-sessions 2>/dev/null | grep -c ^ii)`;
    const { stdout, stderr, status } = sh(
      `mkdir -p ${folder}.mnt; trap 'rmdir ${folder}.mnt' EXIT
       cat > ${folder}/inside.sh <<'INSIDE'\n${inside}\nINSIDE
       unshare --mount --net bash -c ${quote(script.replace('chroot', `cp ${folder}/inside.sh ${folder}.mnt/root/inside.sh; chroot`))}`,
    );
    const told = stdout.split('\n').filter((line) => line.startsWith('== '));
    assert.deepEqual(
      told,
      [
        '== account /var/lib/rest-sessions:/usr/sbin/nologin rest-sessions 700 rest-sessions 750 root 640',
        '== manual .TH REST-SESSIONS 1 "" "REST-Sessions" "User Commands"',
        '== completions complete -F _rest_sessions rest-sessions #compdef rest-sessions 1',
        '== configuration 1',
        '== session "id":"user123"',
        '== stats 1',
        '== removed 0 2',
        '== purged 0 0 0',
      ],
      `${status} ${stdout}${stderr}`,
    );
  });
});

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
