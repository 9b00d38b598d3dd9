/** API keys as an operator meets them: the command, the start, the reload, and no key where it should not be (G9). */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Client } from '../support/client.ts';
import { type Cleanup, MAIN, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const shell = promisify(execFile);

function run(args: string[], { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {}) {
  const options = {
    encoding: 'utf8',
    timeout: 60_000,
    input,
    env: { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: 'memory:', ...env },
  } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options);
  return { status, stdout, stderr };
}

function createKey(file: string, name: string, ...more: string[]): string {
  const args = ['keys', 'create', '--name', name, '--apps', 'shop,blog', '--scopes', 'verify,read,write', ...more];
  const { status, stdout, stderr } = run(args, { env: { RS_KEYS_FILE: file } });
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

function clientOf(cleanup: Cleanup, server: ServerProcess): Client {
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  return client;
}

const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

describe('rest-sessions keys', () => {
  test('create prints the key once, alone on standard output, and keeps its hash in a file for its owner only', (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const key = createKey(file, 'billing', '--expires', '90d');
    assert.match(key, /^rsk_[A-Za-z0-9]{36}$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const [entry] = JSON.parse(readFileSync(file, 'utf8')).keys;
    assert.equal(entry.hash, hashKey(key));
    assert.ok(!readFileSync(file, 'utf8').includes(key));
    const days = (Date.parse(entry.expiresAt) - Date.now()) / 86_400_000;
    assert.ok(days > 89.9 && days <= 90);
    const second = createKey(file, 'billing-2');
    const list = run(['keys', 'list', '--file', file]);
    assert.match(
      list.stdout,
      /^billing\t.*\nbilling-2\tapps shop,blog\tverify,read,write\tdoes not expire\tshows key\n$/,
    );
    for (const text of [list.stdout, list.stderr]) assert.ok(!text.includes(key) && !text.includes(second));
  });

  test('N11: create in a folder that is not there names the folder and says to make it (kind: the first command of a newcomer)', (t) => {
    const folder = join(temporaryFolder(t), 'etc');
    const file = join(folder, 'keys.json');
    const { status, stdout, stderr } = run(
      ['keys', 'create', '--name', 'billing', '--apps', 'shop', '--scopes', 'verify'],
      { env: { RS_KEYS_FILE: file } },
    );
    assert.deepEqual([status, stdout], [1, '']);
    assert.equal(stderr, `rest-sessions: ${file}: there is no folder ${folder}; make it first\n`);
  });

  test('create without a file prints an entry for each of the two ways to configure it; both work', async (t) => {
    const args = ['keys', 'create', '--name', 'a', '--apps', '*', '--scopes', 'read', '--expires', '2099-01-01'];
    const { stdout, stderr } = run(args);
    const key = stdout.trim();
    const entry = /^a:sha256:.*$/m.exec(stderr)![0];
    const server = await startServer(t, { RS_STORE: 'memory:', RS_API_KEYS: entry });
    const client = clientOf(t, server);
    assert.equal((await client.send('GET', '/shop/activity?dt=60', undefined, bearer(key))).status, 200);
    assert.equal((await client.send('GET', '/shop/activity?dt=60')).status, 401);
    const file = join(temporaryFolder(t), 'keys.json');
    writeFileSync(file, `{"keys":[${/^\{.*\}$/m.exec(stderr)![0]}]}`, { mode: 0o600 });
    assert.match(
      run(['keys', 'list'], { env: { RS_KEYS_FILE: file } }).stdout,
      /^a\tapps \*\tread\tuntil 2099-01-01\t/,
    );
  });

  test('check tells a typo from a key that is not known, and reads from standard input only', (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const key = createKey(file, 'billing');
    const check = (input: string) => run(['keys', 'check', '--file', file], { input });
    assert.match(check(`${key}\n`).stdout, /^billing\t/);
    const typo = key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
    assert.match(check(typo).stderr, /checksum/);
    assert.match(check(newKey()).stderr, /well-formed, but not one/);
    const asArgument = run(['keys', 'check', key, '--file', file]);
    assert.equal(asArgument.status, 2);
    assert.ok(!asArgument.stderr.includes(key));
  });

  test('revoke takes one out; what is wrong or not there ends with 1, 2 or 3 and changes nothing', (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    createKey(file, 'a');
    createKey(file, 'b');
    const env = { RS_KEYS_FILE: file };
    assert.equal(run(['keys', 'revoke', 'a'], { env }).status, 0);
    assert.match(run(['keys', 'list'], { env }).stdout, /^b\t[^\n]*\n$/);
    const before = readFileSync(file, 'utf8');
    const create = ['keys', 'create', '--name', 'b', '--apps', 'shop', '--scopes', 'read'];
    for (const [args, status] of [
      [['keys', 'revoke', 'a'], 3],
      [create, 1],
      [['keys', 'create', '--name', 'c', '--apps', 'x', '--scopes', 'read'], 2],
      [['keys', 'create', '--name', 'c', '--apps', 'shop', '--scopes', 'root'], 2],
      [['keys', 'create', '--name', 'c', '--apps', 'shop', '--scopes', 'read', '--expires', 'soon'], 2],
      [['keys', 'create', '--name', 'c'], 2],
      [['keys'], 2],
      [['keys', 'forget'], 2],
      [['keys', 'list', '--all'], 2],
    ] as const) {
      const { status: code, stdout } = run([...args], { env });
      assert.deepEqual([code, stdout], [status, ''], args.join(' '));
    }
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  test('--help shows the usage of keys with all its options; list says when nothing names any keys', () => {
    const { status, stdout } = run(['keys', 'create', '--help']);
    assert.equal(status, 0);
    assert.match(stdout, /^Usage: rest-sessions keys create .*\n.*--certificate .*--no-key/);
    const list = run(['keys', 'list']);
    assert.deepEqual([list.status, list.stdout], [0, '']);
    assert.match(list.stderr, /^rest-sessions: no keys: RS_KEYS_FILE, RS_API_KEYS and --file are not set\n$/);
  });
});

describe('a server with keys', () => {
  test('says at the start whether it has any, with curl lines that work as they are', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const KEY = createKey(file, 'shop');
    const server = await startServer(t, { RS_STORE: 'memory:', RS_KEYS_FILE: file, RS_HOST: '0.0.0.0' });
    assert.match(server.output(), /^an API key is needed$/m);
    const [first] = /curl -X PUT .*/.exec(server.output())!;
    const line = first!.replace('0.0.0.0', '127.0.0.1').replace('curl', 'curl -s');
    const { stdout } = await shell('bash', ['-c', line], { env: { PATH: process.env.PATH, KEY } });
    assert.match(stdout, /^\{"token":"/);
    const open = await startServer(t, { RS_STORE: 'memory:' });
    assert.match(open.output(), /^everyone who reaches this address may call: there are no API keys$/m);
  });

  test('does not start with keys that have a fault: one line, exit code 2, and the text of no key', (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const key = createKey(file, 'shop');
    chmodSync(file, 0o646);
    for (const env of [
      { RS_KEYS_FILE: file },
      { RS_KEYS_FILE: `${file}.none` },
      { RS_API_KEYS: key },
      { RS_API_KEYS: `shop:${key}:shop:read` },
      { RS_API_KEYS: `shop:${hashKey(key)}:shop:root` },
    ]) {
      const { status, stdout, stderr } = run([], { env });
      assert.deepEqual([status, stdout], [2, ''], JSON.stringify(env));
      assert.match(stderr, /^rest-sessions: .+\n$/);
      assert.ok(!stderr.includes(key), stderr);
    }
  });

  test('takes a changed file by itself and on SIGHUP; with a faulty one those from before stay', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const first = createKey(file, 'first');
    const server = await startServer(t, { RS_STORE: 'memory:', RS_KEYS_FILE: file });
    const client = clientOf(t, server);
    const status = async (key: string) =>
      (await client.send('GET', '/shop/activity?dt=60', undefined, bearer(key))).status;
    assert.equal(await status(first), 200);
    const second = createKey(file, 'second');
    server.child.kill('SIGHUP');
    await until(async () => (await status(second)) === 200);
    assert.equal(await status(first), 200, 'both are good while one takes the place of the other');
    run(['keys', 'revoke', 'first', '--file', file]);
    await until(async () => (await status(first)) === 401);
    chmodSync(file, 0o620);
    server.child.kill('SIGHUP');
    await until(() => server.output().includes('the API keys have a fault; those from before stay'));
    assert.equal(await status(second), 200);
    assert.equal(await server.end(), 0);
  });

  test('an expired key is an unknown one, and the log says which', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const key = createKey(file, 'old', '--expires', '2020-01-01');
    const server = await startServer(t, { RS_STORE: 'memory:', RS_KEYS_FILE: file });
    const client = clientOf(t, server);
    const { status, text } = await client.send('GET', '/shop/activity?dt=60', undefined, bearer(key));
    assert.deepEqual([status, JSON.parse(text).name], [401, 'unauthorized']);
    await until(() => server.output().includes('"key":"old","msg":"an API key was used that has expired"'));
  });
});

test('a key appears in the request that shows it and nowhere else (G9)', async (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, 'keys.json');
  const good = createKey(file, 'good');
  const old = createKey(file, 'old', '--expires', '2020-01-01');
  const limited = createKey(file, 'limited');
  const env = {
    RS_STORE: `lmdb:${folder}`,
    RS_KEYS_FILE: file,
    RS_LOGLEVEL: 'trace',
    RS_RATE_KEY: '1000',
    RS_RATE_MISSES: '2',
  };
  const server = await startServer(t, env);
  const client = clientOf(t, server);
  const secrets = [good, old, limited, newKey(), btoa(`joe:${good}`)];
  const seen: string[] = [];
  for (const key of secrets) {
    for (const headers of [
      bearer(key),
      { Authorization: `Basic ${btoa(`joe:${key}`)}` },
      { Authorization: key },
      { Cookie: key },
    ]) {
      for (const [method, target] of [
        ['GET', '/ping'],
        ['PUT', '/shop/create/joe?ip=1.1.1.1'],
        ['GET', `/shop/get/${'A'.repeat(64)}`],
        ['GET', `/shop/get/${key}`],
        ['POST', `/shop/set/${'B'.repeat(64)}`],
        ['GET', '/other/soapp?dt=60'],
        ['DELETE', '/shop/killall'],
        ['GET', `/${key}`],
        ['GET', `/shop/activity?dt=${key}`],
        ['PATCH', '/shop/killall'],
      ] as const) {
        const answer = await client.send(method, target, undefined, headers);
        seen.push(answer.text, JSON.stringify(answer.headers));
      }
    }
  }
  const { pid } = server.child;
  for (const what of ['cmdline', 'comm', 'environ']) seen.push(readFileSync(`/proc/${pid}/${what}`, 'utf8'));
  server.child.kill('SIGHUP');
  await until(() => server.output().includes('the API keys were read again'));
  await server.end();
  seen.push(server.output(), readFileSync(join(folder, 'data.mdb'), 'latin1'), readFileSync(file, 'utf8'));
  assert.ok(server.output().includes('"key":"good"'), 'the request log names the caller');
  for (const key of secrets) {
    for (const text of seen) assert.ok(!text.includes(key), `a key is in: ${text.slice(0, 300)}`);
  }
});

test('a crash tells what happened and no key (G9)', async (t) => {
  const file = join(temporaryFolder(t), 'keys.json');
  const key = createKey(file, 'good');
  const crash = 'process.once("SIGUSR2", () => setImmediate(() => { throw new Error("made to fail"); }))';
  const server = await startServer(t, {
    RS_STORE: 'memory:',
    RS_KEYS_FILE: file,
    RS_LOGLEVEL: 'trace',
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(crash)}`,
  });
  const client = clientOf(t, server);
  assert.equal((await client.send('GET', '/shop/soapp?dt=60', undefined, bearer(key))).status, 200);
  assert.equal(await server.end('SIGUSR2'), 1);
  assert.match(server.output(), /"msg":"a fault of the server; it ends"/);
  assert.ok(!server.output().includes(key));
});
