/** What an operator mistypes, and what the command says to it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readConfig, unknownVariables, VARIABLES } from '../../src/config.ts';
import { makeAuthority } from '../support/certificates.ts';
import { runCommand } from '../support/command.ts';
import { MAIN, startServer, temporaryFolder } from '../support/server.ts';

describe('N14: names of variables', () => {
  test('N14: one that is nearly ours stops the start and names ours (kind: letters swapped, missing, too many, wrong; underscores; case)', async () => {
    for (const [name, meant] of Object.entries({
      ...{
        RS_PROT: 'RS_PORT',
        RS_STROE: 'RS_STORE',
        RS_HOTS: 'RS_HOST',
        RS_KEY_FILE: 'RS_KEYS_FILE',
        RS_CONFG: 'RS_CONFIG',
      },
      ...{ RS_LOG_LEVEL: 'RS_LOGLEVEL', RS_REDIS_HOST: 'RS_REDISHOST', RS_TLS_CRET: 'RS_TLS_CERT', RS_Port: 'RS_PORT' },
      ...{ RS_PORTS: 'RS_PORT', RS_NAMESPCE: 'RS_NAMESPACE', RS_MAX_CONCURENT: 'RS_MAX_CONCURRENT' },
    })) {
      assert.throws(
        () => readConfig({ [name]: 'x' }),
        new RegExp(`^ConfigError: ${name} is not .* did you mean ${meant}\\?$`),
      );
    }
    for (const { name } of Object.values(VARIABLES)) assert.doesNotThrow(() => readConfig({ [name]: '' }), name);
    const { status, stdout, stderr } = await runCommand(['serve'], { env: { RS_PROT: '4602', RS_STROE: 'memory:' } });
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /^rest-sessions: RS_PROT is not .*RS_PORT\?\nrest-sessions: RS_STROE is not .*RS_STORE\?\n$/);
  });

  test('N14: what Kubernetes makes for a service called rs, or rs-…, is explained and stops nothing; RS_PORT=tcp:// does, and says why', async (t) => {
    const service = {
      ...{
        RS_SERVICE_HOST: '10.0.0.1',
        RS_SERVICE_PORT: '3000',
        RS_SERVICE_PORT_HTTP: '3000',
        RS_REDIS_PORT: 'tcp://10.0.0.2:6379',
      },
      ...{
        RS_PORT_3000_TCP: 'tcp://10.0.0.1:3000',
        RS_PORT_3000_TCP_PROTO: 'tcp',
        RS_PORT_3000_TCP_PORT: '3000',
        RS_PORT_3000_TCP_ADDR: '10.0.0.1',
      },
    };
    assert.deepEqual(unknownVariables({ ...service, RS_COLOUR: '' }), {
      ofKubernetes: Object.keys(service),
      others: ['RS_COLOUR'],
    });
    const server = await startServer(t, { RS_STORE: 'memory:', ...service });
    assert.equal(server.output().split('Kubernetes made these variables').length, 2, 'once for all of them');
    const { status, stderr } = await runCommand(['serve'], { env: { ...service, RS_PORT: 'tcp://10.0.0.1:3000' } });
    assert.equal(status, 2);
    assert.match(
      stderr,
      /^rest-sessions: RS_PORT="tcp:\/\/10\.0\.0\.1:3000" is not allowed.*Kubernetes made it.*enableServiceLinks: false.*\n$/,
    );
  });

  test('N14: a host name that means nothing is told as that, and every other fault with it (kind: one fault at a time)', async () => {
    const { status, stdout, stderr } = await runCommand(['serve'], {
      env: { RS_HOST: 'localhsot', RS_PORT: 'x', RS_LOGLEVEL: 'loud', RS_TLS_KEY: '/none' },
    });
    assert.deepEqual([status, stdout], [2, '']);
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.length, 4, stderr);
    assert.match(lines[0]!, /^rest-sessions: RS_HOST="localhsot" cannot be resolved: .*did you mean localhost\?$/);
    for (const [i, name] of ['RS_PORT', 'RS_TLS_KEY', 'RS_LOGLEVEL'].entries())
      assert.ok(lines[i + 1]!.includes(`${name}="`));
    assert.doesNotMatch(stderr, /RS_KEYS_FILE/);
  });
});

describe('N14: words after the command', () => {
  test('N14: too many, and options that there are not, are told in plain words, and nothing is quoted that could be a key', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const create = ['keys', 'create', '--name', 'a', '--apps', 'shop', '--scopes', 'read', '--file', file];
    for (const [words, expected] of [
      [[...create, 'extra'], /^rest-sessions: keys create takes options only; there is a word too many after it\n/],
      [['keys', 'list', 'extra'], /^rest-sessions: keys list takes options only/],
      [['keys', 'revoke'], /^rest-sessions: keys revoke needs one NAME, and there are 0\n/],
      [['keys', 'revoke', 'a', 'b'], /^rest-sessions: keys revoke needs one NAME, and there are 2\n/],
      [
        ['serve', '--port', '4601'],
        /^rest-sessions: serve has no option --port; set the environment variable RS_PORT\n/,
      ],
      [['--port=4601'], /^rest-sessions: serve has no option --port; set the environment variable RS_PORT\n/],
      [['serve', '4601'], /^rest-sessions: serve takes no words after it/],
      [['doctor', 'x'], /^rest-sessions: doctor takes options only/],
      [['doctor', '--reapir'], /^rest-sessions: doctor has no option --reapir; did you mean --repair\?\n/],
      [['doctor', '--repair=yes'], /^rest-sessions: --repair takes no value\n/],
      [['keys', 'create', '--name', '--apps', 'x'], /^rest-sessions: --name needs a value/],
    ] as const) {
      const { status, stdout, stderr } = await runCommand(words);
      assert.deepEqual([status, stdout], [2, ''], words.join(' '));
      assert.match(stderr, expected);
    }
    assert.ok(!existsSync(file));
  });

  test('N14: --help of a command is its own (kind: each command, before and after its other words)', async () => {
    for (const [words, first] of [
      [['doctor', '--help'], 'Usage: rest-sessions doctor '],
      [['doctor', '--repair', '-h'], 'Usage: rest-sessions doctor '],
      [['serve', '--help'], 'Usage: rest-sessions [serve]'],
      [['keys', '--help'], 'Usage: rest-sessions keys create '],
      [['keys', 'revoke', '--help'], 'Usage: rest-sessions keys revoke NAME'],
      [['help', 'keys', 'revoke'], 'Usage: rest-sessions keys revoke NAME'],
      [['health', '--help'], 'Usage: rest-sessions health '],
      [['help', 'doctor'], 'Usage: rest-sessions doctor '],
      [['help'], 'rest-sessions: the login-session server'],
    ] as const) {
      const { status, stdout, stderr } = await runCommand(words);
      assert.deepEqual([status, stderr], [0, ''], words.join(' '));
      assert.ok(stdout.startsWith(first), `${words.join(' ')}: ${stdout.slice(0, 60)}`);
      assert.match(stdout, /Exit codes: 0 done/);
    }
  });
});

describe('R14: a reader that has gone', () => {
  /** Runs the command with its standard output on something. */
  async function on(words: string[], stdout: number | 'closed') {
    const child = spawn(process.execPath, [MAIN, ...words], {
      stdio: ['ignore', stdout === 'closed' ? 'pipe' : stdout, 'pipe'],
    });
    if (stdout === 'closed') child.stdout!.destroy();
    let stderr = '';
    child.stderr!.on('data', (chunk) => (stderr += chunk));
    const [status] = await once(child, 'close');
    return { status, stderr };
  }

  test('R14: is no fault of the command, and a full disk is one in a sentence (kind: --help, --version, keys list, keys create)', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const create = (name: string) => [
      'keys',
      'create',
      '--name',
      name,
      '--apps',
      'shop',
      '--scopes',
      'read',
      '--file',
      file,
    ];
    await runCommand(create('a'));
    for (const words of [['--help'], ['--version'], ['keys', 'list', '--file', file], ['doctor', '--help']]) {
      assert.deepEqual(await on(words, 'closed'), { status: 0, stderr: '' }, words.join(' '));
      const full = openSync('/dev/full', 'w');
      const { status, stderr } = await on(words, full);
      closeSync(full);
      assert.equal(status, 1);
      assert.equal(stderr, 'rest-sessions: standard output cannot be written (ENOSPC)\n');
    }
    const { status, stderr } = await on(create('b'), 'closed');
    assert.equal(status, 1);
    assert.match(stderr, /the key could not be written to standard output \(EPIPE\).*keys revoke b/);
    assert.ok(readFileSync(file, 'utf8').includes('"b"'));
  });
});

describe('N14: faults of files', () => {
  let folder: string;
  let pair: { cert: string; key: string };
  const cleanups: (() => unknown)[] = [];
  after(() => Promise.all(cleanups.map((fn) => fn())));
  before(() => {
    folder = temporaryFolder({ after: (fn) => void cleanups.push(fn) });
    pair = makeAuthority(folder).issue('server', '/CN=localhost', 'DNS:localhost');
  });

  test('N14: a pipe is told of at the start, which does not wait for a writer (kind: keys, policy, TLS, by a link)', async () => {
    const at = (name: string) => join(folder, name);
    execFileSync('mkfifo', ['-m', '600', at('pipe')]);
    symlinkSync(at('pipe'), at('link'));
    for (const [env, expected] of [
      [{ RS_KEYS_FILE: at('pipe') }, /pipe: EFTYPE: it is no regular file\n$/],
      [{ RS_KEYS_FILE: at('link') }, /link: EFTYPE: it is no regular file\n$/],
      [{ RS_CONFIG: at('link') }, /RS_CONFIG=".*link" is not allowed; .*\(it leads to what is no file\)\n$/],
      [
        { RS_TLS_CERT: at('pipe'), RS_TLS_KEY: pair.key },
        /RS_TLS_CERT=".*pipe" is not allowed; .*what is no file\)\n$/,
      ],
    ] as const) {
      const { status, stderr } = await runCommand([], { env });
      assert.equal(status, 2, stderr);
      assert.match(stderr, expected);
    }
    // As Kubernetes mounts secrets: a link to a link to a file.
    writeFileSync(at('keys'), '{"keys": []}', { mode: 0o600 });
    writeFileSync(at('policy'), '{}');
    for (const name of ['keys', 'policy']) {
      symlinkSync(at(name), at(`..${name}`));
      symlinkSync(`..${name}`, at(`${name}.json`));
    }
    const env = { RS_STORE: 'memory:', RS_KEYS_FILE: at('keys.json'), RS_CONFIG: at('policy.json') };
    const server = await startServer({ after: (fn) => void cleanups.push(fn) }, env);
    assert.equal(await server.end(), 0);
  });

  test('N14: TLS files that cannot be used are told by variable, file and what to do (kind: passphrase, another PEM, none, cut off, mixed up)', async () => {
    const at = (name: string) => join(folder, name);
    execFileSync('openssl', ['pkey', '-in', pair.key, '-aes256', '-passout', 'pass:x', '-out', at('locked.key')], {
      stdio: 'pipe',
    });
    execFileSync('openssl', ['ec', '-in', pair.key, '-aes256', '-passout', 'pass:x', '-out', at('old.key')], {
      stdio: 'pipe',
    });
    writeFileSync(at('text'), 'hello');
    writeFileSync(at('cut.key'), readFileSync(pair.key, 'utf8').slice(0, 100));
    copyFileSync(pair.cert, at('copy.pem'));
    for (const [env, expected] of [
      [{ RS_TLS_KEY: at('locked.key') }, /RS_TLS_KEY: .*locked\.key has a passphrase.*openssl pkey/],
      [{ RS_TLS_KEY: at('old.key') }, /RS_TLS_KEY: .*old\.key has a passphrase/],
      [
        { RS_TLS_KEY: at('copy.pem') },
        /RS_TLS_KEY: .*copy\.pem holds a certificate and no private key; it must have a line/,
      ],
      [{ RS_TLS_KEY: at('text') }, /RS_TLS_KEY: .*text holds no private key in PEM/],
      [{ RS_TLS_KEY: at('cut.key') }, /RS_TLS_KEY: .*cut\.key holds a private key that cannot be read/],
      [{ RS_TLS_CERT: pair.key }, /RS_TLS_CERT: .*server\.key holds a private key; it must begin with -----BEGIN CERT/],
      [{ RS_TLS_CERT: at('text') }, /RS_TLS_CERT: .*text holds no certificate in PEM/],
      [{ RS_TLS_CLIENT_CA: at('text') }, /RS_TLS_CLIENT_CA: .*text holds no certificate in PEM/],
    ] as const) {
      const { status, stderr } = await runCommand(['serve'], {
        env: { RS_TLS_CERT: pair.cert, RS_TLS_KEY: pair.key, ...env },
      });
      assert.equal(status, 2, stderr);
      assert.match(stderr, new RegExp(`^rest-sessions: ${expected.source}.*\\n$`));
    }
  });

  test('N14: a policy file tells all its faults at once (kind: twice, unknown, of a wrong type, in contradiction)', async () => {
    const path = join(folder, 'policy.json');
    writeFileSync(
      path,
      '{"defaults":{"idleTimout":5},"strictApps":1,"strictApps":true,"apps":{"shop":{"maxDataBytes":"1 MB"},"blog":{"classic":1},"x":{}}}',
    );
    const first = await runCommand(['serve'], { env: { RS_CONFIG: path } });
    const places = (text: string) => [...text.matchAll(/policy\.json: (\/\S+): /g)].map((match) => match[1]);
    assert.deepEqual(places(first.stderr), [
      '/strictApps',
      '/defaults/idleTimout',
      '/apps/shop/maxDataBytes',
      '/apps/blog/classic',
      '/apps/x',
    ]);
    writeFileSync(
      path,
      '{"apps":{"shop":{"minIdleTimeout":50,"maxIdleTimeout":40},"blog":{"maxDataBytes":1},"wiki":{"idleTimeout":null}}}',
    );
    const second = await runCommand(['serve'], { env: { RS_CONFIG: path } });
    assert.equal(second.status, 2);
    for (const place of ['/apps/shop/minIdleTimeout', '/apps/blog/maxDataBytes', '/apps/wiki/idleTimeout']) {
      assert.ok(places(second.stderr).includes(place), `${place}: ${second.stderr}`);
    }
  });
});
