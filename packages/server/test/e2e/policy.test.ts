/** The policy file of a running server: at the start, when it changes, and when it has a fault. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { type Cleanup, MAIN, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Starts a server under a policy; `change` writes another one and resolves with the lines that the log then has of it. */
async function startUnder(cleanup: Cleanup, policy: unknown) {
  const path = join(temporaryFolder(cleanup), 'policy.json');
  writeFileSync(path, JSON.stringify(policy));
  const server = await startServer(cleanup, { RS_STORE: 'memory:', RS_CONFIG: path });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  async function change(text: string) {
    const before = server.output().length;
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
    server.child.kill('SIGHUP');
    return logged(server, before);
  }
  const ttl = async (app: string) => {
    const token = await client.create(app, 'joe');
    return (await client.send('GET', `/${app}/get/${token}`)).json.ttl as number;
  };
  return { path, server, client, change, ttl };
}

async function logged(server: ServerProcess, after: number) {
  const found = () => {
    const lines = server.output().slice(after).split('\n').slice(0, -1);
    return lines.filter((line) => line.includes('the policy file'));
  };
  await until(() => found().length > 0, 'the log says something of the policy');
  return found().map((line) => JSON.parse(line));
}

describe('the policy of a running server', () => {
  test('holds from the start; after SIGHUP the file as it then is', async (t) => {
    const { client, change, ttl, path } = await startUnder(t, {
      defaults: { idleTimeout: 100 },
      apps: { shop: { idleTimeout: 200, maxSessionsPerSubject: 2 } },
    });
    assert.deepEqual([await ttl('blog'), await ttl('shop')], [100, 200]);
    const first = await client.create('shop', 'ann');
    await client.create('shop', 'ann');
    await client.create('shop', 'ann');
    assert.equal((await client.send('GET', '/shop/soid/ann')).json.sessions.length, 2);
    assert.equal((await client.send('GET', `/shop/get/${first}`)).text, '{}', 'the oldest was ended');

    const kept = await client.create('shop', 'kept');
    const [line] = await change(
      '{"apps":{"shop":{"idleTimeout":300,"maxSessionsPerSubject":1},"old":{"classic":false}}}',
    );
    assert.deepEqual([line.level, line.file, line.msg], ['info', path, 'the policy file was read again']);
    assert.deepEqual(line.changes, [
      '/defaults/idleTimeout: 100 → not set',
      '/apps/shop/idleTimeout: 200 → 300',
      '/apps/shop/maxSessionsPerSubject: 2 → 1',
      '/apps/old/classic: not set → false',
    ]);
    assert.deepEqual([await ttl('blog'), await ttl('shop')], [7200, 300]);
    await client.create('shop', 'ann');
    assert.equal((await client.send('GET', '/shop/soid/ann')).json.sessions.length, 1);
    assert.equal((await client.send('GET', `/shop/get/${kept}`)).json.ttl, 200, 'a session keeps what it was given');
    assert.equal((await client.send('GET', '/old/activity?dt=60')).status, 404);
  });

  test('stays when the new file has a fault, and the log names file, place and rule', async (t) => {
    const { change, ttl, path } = await startUnder(t, { defaults: { idleTimeout: 100 } });
    const [line] = await change('{"defaults":{"idleTimeout":200},"apps":{"shop":{"maxDataBytes":"1 MB"}}}');
    assert.deepEqual(
      [line.level, line.file, line.where, line.rule],
      ['error', path, '/apps/shop/maxDataBytes', 'must be a whole number from 2 to 4194304'],
    );
    const [syntax] = await change('{\n"defaults":}');
    assert.deepEqual([syntax.where, syntax.rule], ['line 2, column 12', 'is not JSON: a value is expected here']);
    assert.equal(await ttl('shop'), 100);
    await change('{"defaults":{"idleTimeout":200}}');
    assert.equal(await ttl('shop'), 200);
  });

  test('changes under load without one failed request', async (t) => {
    const { client, change } = await startUnder(t, { defaults: { idleTimeout: 100 } });
    let running = true;
    let served = 0;
    const workers = Array.from({ length: 8 }, async (_, worker) => {
      while (running) {
        await client.create('shop', `u${worker}`);
        served++;
      }
    });
    for (let i = 0; i < 10; i++) {
      await change(i % 2 === 0 ? '{"defaults":{"idleTimeout":' : `{"defaults":{"idleTimeout":${100 + i}}}`);
    }
    running = false;
    await Promise.all(workers);
    assert.ok(served > 100, `${served}`);
  });

  test('serves only the apps of the file when it says so', async (t) => {
    const { client } = await startUnder(t, { strictApps: true, apps: { shop: {} } });
    await client.create('shop', 'joe');
    const { status, json } = await client.send('GET', '/blog/activity?dt=60');
    assert.deepEqual([status, json.name], [404, 'appNotFound']);
  });
});

test('a file that changes while the store is still being opened is in force, and the server goes on', async (t) => {
  // A Redis that takes connections and never answers is opened for as long as the store may take.
  const sockets = new Set<Socket>();
  const redis = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  t.after(() => {
    redis.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(redis, 'listening');
  const path = join(temporaryFolder(t), 'policy.json');
  writeFileSync(path, '{"defaults":{"idleTimeout":100}}');
  // The file is looked at every second: the change is found in the second round, what came of it would be told in the third.
  const env = { RS_STORE: `redis://127.0.0.1:${(redis.address() as AddressInfo).port}`, RS_STORE_TIMEOUT: '5000' };
  const starting = startServer(t, { ...env, RS_CONFIG: path });
  await until(() => sockets.size > 0, 'the store is being opened');
  writeFileSync(path, '{"defaults":{"idleTimeout":200}}');
  const server = await starting;
  const [line, ...others] = await logged(server, 0);
  assert.deepEqual([line.level, line.changes], ['info', ['/defaults/idleTimeout: 100 → 200']]);
  assert.deepEqual(others, []);
  assert.equal(await server.end(), 0, server.output());
});

test('a file with faults ends the start with 2 and one line for each, which names file, place and rule', (t) => {
  const path = join(temporaryFolder(t), 'policy.json');
  writeFileSync(path, '{"defaults":{"idleTimout":5},"strictApps":1}');
  const env = { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: 'memory:', RS_CONFIG: path };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN], { encoding: 'utf8', timeout: 60_000, env });
  assert.deepEqual([status, stdout], [2, '']);
  const lines = stderr.split('\n');
  assert.ok(lines[0]!.startsWith(`rest-sessions: ${path}: /defaults/idleTimout: is not a member here; there are idle`));
  assert.deepEqual(lines.slice(1), [`rest-sessions: ${path}: /strictApps: must be true or false`, '']);
});

test('the JSON Schemas of the file and of exports are served as they are in the package', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:' });
  const client = new Client(server.url);
  t.after(() => client.close());
  for (const name of ['config', 'export']) {
    const { status, text, headers } = await client.send('GET', `/schema/${name}.json`);
    assert.deepEqual([status, headers['content-type']], [200, 'application/json; charset=utf-8']);
    assert.equal(text, readFileSync(new URL(`../../schema/${name}.json`, import.meta.url), 'utf8'));
  }
});
