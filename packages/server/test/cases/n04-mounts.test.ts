/** Keys and certificates as they are mounted: what no stranger can write is taken, what one can write is refused. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeAuthority } from '../support/certificates.ts';
import { NEEDS_ROOT, type RunOptions, runCommand, STRANGER } from '../support/command.ts';
import { MAIN, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const HASH = `sha256:${'0'.repeat(64)}`;
const TEXT = JSON.stringify({ keys: [{ name: 'a', hash: HASH, apps: '*', scopes: ['read'] }] });
/** The account a server runs under here, and a group it is in. */
const SERVER = STRANGER;
const ANOTHER = 12_345;

/** A folder that others may enter, with a keys file. */
function mounted(t: Parameters<typeof temporaryFolder>[0], owner: { uid: number; gid: number }, mode: number): string {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  const file = join(folder, 'keys.json');
  writeFileSync(file, TEXT);
  chownSync(file, owner.uid, owner.gid);
  chmodSync(file, mode);
  return file;
}

const list = (file: string, as: RunOptions) => runCommand(['keys', 'list', '--file', file], { ...as, cwd: '/' });

describe('N4, R9: a keys file that a server without rights reads', { skip: NEEDS_ROOT }, () => {
  test('N4: is taken from each usual mount, with a warning at most (kind: what a stranger cannot write)', async (t) => {
    const root = { uid: 0, gid: 0 };
    const cases: [string, { uid: number; gid: number }, number, boolean][] = [
      ['Docker secret', root, 0o444, true],
      ['Kubernetes with fsGroup', { uid: 0, gid: SERVER.gid }, 0o440, false],
      ['Kubernetes with fsGroup, as its default mode', { uid: 0, gid: SERVER.gid }, 0o644, true],
      ['systemd LoadCredential', SERVER, 0o400, false],
      ['made by keys create', SERVER, 0o600, false],
    ];
    for (const [what, owner, mode, isWarned] of cases) {
      const { status, stdout, stderr } = await list(mounted(t, owner, mode), SERVER);
      assert.deepEqual([status, stdout.startsWith('a\t')], [0, true], `${what}: ${stderr}`);
      assert.equal(/every account may read it/.test(stderr), isWarned, what);
    }
    assert.match((await list(mounted(t, root, 0o600), SERVER)).stderr, /EACCES: this account may not read/);
  });

  test('N4: is refused when a stranger can write it, or put another into its place (kind: mode, owner, folder, a link on the way)', async (t) => {
    const refused = async (file: string, words: RegExp) => {
      const { status, stdout, stderr } = await list(file, SERVER);
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, words);
    };
    for (const mode of [0o666, 0o646, 0o664, 0o622]) {
      await refused(mounted(t, SERVER, mode), /others than its owner may write it \(mode \d{3}\).*chmod go-w/);
    }
    await refused(mounted(t, { uid: ANOTHER, gid: 0 }, 0o644), /belongs to another account \(uid 12345\)/);
    const file = mounted(t, { uid: 0, gid: 0 }, 0o444);
    const folder = join(file, '..');
    chmodSync(folder, 0o777);
    await refused(file, /everybody may put another file in its place/);
    chmodSync(folder, 0o1777);
    assert.equal((await list(file, SERVER)).status, 0, 'a sticky folder like /tmp is no danger');
    chmodSync(folder, 0o755);
    const open = temporaryFolder(t);
    chmodSync(open, 0o777);
    symlinkSync(file, join(open, 'link.json'));
    await refused(join(open, 'link.json'), /everybody may put another file in its place/);
  });

  test('N4: starts a server with one warning, which a reload does not repeat', async (t) => {
    const file = mounted(t, { uid: 0, gid: 0 }, 0o444);
    const command = [
      'setpriv',
      `--reuid=${SERVER.uid}`,
      `--regid=${SERVER.gid}`,
      '--clear-groups',
      process.execPath,
      MAIN,
    ] as const;
    const server = await startServer(t, { RS_STORE: 'memory:', RS_KEYS_FILE: file }, command);
    server.child.kill('SIGHUP');
    await until(() => server.output().includes('the API keys were read again'), server.output);
    assert.equal(server.output().split('every account may read it').length, 2);
    assert.match(server.output(), /"level":"warn".*keys\.json: every account may read it \(mode 444\)/);
    assert.equal(await server.end(), 0);
  });
});

test('N4: a TLS key that every account may read is used with a warning; for a group it is none', async (t) => {
  const folder = temporaryFolder(t);
  const { cert, key } = makeAuthority(folder).issue('server', '/CN=localhost', 'DNS:localhost');
  const env = { RS_STORE: 'memory:', RS_TLS_CERT: cert, RS_TLS_KEY: key };
  for (const [mode, isWarned] of [
    [0o644, true],
    [0o640, false],
  ] as const) {
    chmodSync(key, mode);
    const server = await startServer(t, env);
    assert.equal(/"level":"warn".*RS_TLS_KEY: every account may read .*server\.key/.test(server.output()), isWarned);
    assert.equal(await server.end(), 0);
  }
});

test('R9, R15: keys mounted as Kubernetes does are read, and read again when its link is turned to another folder', async (t) => {
  const folder = temporaryFolder(t);
  const at = (name: string) => join(folder, name);
  const put = (version: string, text: string) => {
    mkdirSync(at(version));
    writeFileSync(at(`${version}/keys.json`), text, { mode: 0o440 });
    symlinkSync(version, at('..data_tmp'));
    renameSync(at('..data_tmp'), at('..data'));
  };
  put('..one', TEXT);
  symlinkSync('..data/keys.json', at('keys.json'));
  const server = await startServer(t, { RS_STORE: 'memory:', RS_KEYS_FILE: at('keys.json') });
  put('..two', TEXT.replace('"a"', '"b"'));
  await until(() => server.output().includes('"keys":["b"]'), server.output);
  assert.equal(readFileSync(at('keys.json'), 'utf8').includes('"b"'), true);
});
