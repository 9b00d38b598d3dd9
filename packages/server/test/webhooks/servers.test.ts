/** Webhooks of real server processes: who sends, what a killed one leaves, secrets that change, and what an administrator does. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { jwtVerify } from 'jose';
import { Webhook } from 'standardwebhooks';
import { makeAuthority } from '../support/certificates.ts';
import { type Ran, runCommand } from '../support/command.ts';
import { startRedis } from '../support/redis.ts';
import { type Cleanup, lastFirst, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { startWorkers } from '../support/workers.ts';
import { type Got, SECRET, secretOf, startReceiver } from './receiver.ts';

const LISTED = { RS_WEBHOOK_NETWORKS: '127.0.0.0/8' };

function policyFile(
  t: Cleanup,
  document: unknown,
): { path: string; write: (document: unknown) => void; folder: string } {
  const folder = temporaryFolder(t);
  const path = join(folder, 'policy.json');
  const write = (next: unknown) => writeFileSync(path, JSON.stringify(next));
  write(document);
  return { path, write, folder };
}

async function call(server: ServerProcess, method: string, path: string, body?: unknown) {
  const answer = await fetch(`${server.url}/v1/apps/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
  return { status: answer.status, json: JSON.parse(await answer.text()) };
}

async function create(server: ServerProcess, subject: string): Promise<string> {
  const { status, json } = await call(server, 'POST', 'shop/sessions', { subject });
  assert.equal(status, 201, JSON.stringify(json));
  return json.session.id;
}

const idsIn = (got: readonly Got[], type: string) =>
  new Set(
    got
      .flatMap(({ body }) => [JSON.parse(body)].flat())
      .filter((event) => event.type === type)
      .map(({ subject }) => subject),
  );

const isSending = (server: ServerProcess) => server.output().includes('this process sends the webhooks');

const STORES: Readonly<Record<string, (t: Cleanup) => Promise<string>>> = {
  'the embedded store': async (t) => `lmdb:${join(temporaryFolder(t), 'data')}`,
  Redis: async (t) => `redis://127.0.0.1:${(await startRedis(t)).port}`,
};

for (const [name, place] of Object.entries(STORES)) {
  test(`of two servers on ${name} one sends; when it is killed the other goes on, and nothing is lost`, (t) =>
    goOnAfterKill(t, place));
}

async function goOnAfterKill(test: TestContext, place: (t: Cleanup) => Promise<string>): Promise<void> {
  const t = lastFirst(test);
  const receiver = await startReceiver(t, () => 200);
  const webhooks = [{ name: 'mail', url: receiver.url, secret: { env: 'HOOK' } }];
  const { path } = policyFile(t, { defaults: { webhooks } });
  const env = { ...LISTED, HOOK: SECRET, RS_CONFIG: path, RS_STORE: await place(t) };
  const servers = [await startServer(t, env), await startServer(t, env)];
  await until(() => servers.some(isSending));
  const [sends, waits] = isSending(servers[0]!) ? servers : [servers[1], servers[0]];
  const created = new Set<string>();
  for (let i = 0; i < 20; i++) created.add(await create(i % 2 === 0 ? sends! : waits!, `u${i}`));
  await until(() => receiver.got.length > 0);
  assert.ok(!isSending(waits!));
  // Some are on their way, some are not read yet.
  for (let i = 20; i < 40; i++) created.add(await create(waits!, `u${i}`));
  await sends!.end('SIGKILL');
  for (let i = 40; i < 60; i++) created.add(await create(waits!, `u${i}`));
  const missing = () => [...created].filter((id) => !idsIn(receiver.got, 'session.created').has(id));
  await until(
    () => missing().length === 0,
    () => `${missing().length} of ${created.size} are missing: ${waits!.output()}`,
  );
  assert.ok(isSending(waits!));
}

test('a worker sends for all workers of a server, and another one when that is killed', async (t) => {
  const receiver = await startReceiver(t, () => 200);
  const webhooks = [{ name: 'mail', url: receiver.url, secret: { env: 'HOOK' }, types: ['session.ended'] }];
  const { path } = policyFile(t, { apps: { shop: { webhooks } } });
  const server = await startWorkers(t, 2, { ...LISTED, HOOK: SECRET, RS_CONFIG: path });
  const senders = () => server.lines().filter(({ msg }) => msg === 'this process sends the webhooks');
  await until(
    () => senders().length === 1,
    () => server.output(),
  );
  const end = async () => {
    const id = await create(server, 'u1');
    assert.equal((await call(server, 'DELETE', `shop/sessions/${id}?reason=drill`)).json.revoked, 1);
    await until(
      () => idsIn(receiver.got, 'session.ended').has(id),
      () => server.output(),
    );
  };
  await end();
  process.kill(server.workers[Number(senders()[0]!.worker) - 1]!, 'SIGKILL');
  await until(
    () => senders().length === 2,
    () => server.output(),
  );
  await end();
});

describe('one server', () => {
  test('signs with old and new secrets while they change, and goes on with what it had after a bad policy', async (t) => {
    const receiver = await startReceiver(t, () => 200, null);
    const [old, next] = [secretOf(1), secretOf(2)];
    const { path, write, folder } = policyFile(t, {});
    const webhookWith = (...files: string[]) => ({
      defaults: {
        webhooks: [
          { name: 'mail', url: receiver.url, secrets: files.map((file) => ({ file })), types: ['session.created'] },
        ],
      },
    });
    writeFileSync(join(folder, 'one.secret'), old);
    writeFileSync(join(folder, 'two.secret'), next);
    write(webhookWith('one.secret'));
    const server = await startServer(t, { ...LISTED, RS_CONFIG: path, RS_STORE: 'memory:' });
    const takenBy = async () => {
      const count = receiver.got.length;
      await create(server, 'u1');
      await until(() => receiver.got.length === count + 1);
      const { body, headers } = receiver.got.at(-1)!;
      return [old, next].map((secret) => {
        try {
          return new Webhook(secret).verify(body, headers as Record<string, string>) !== null;
        } catch {
          return false;
        }
      });
    };
    const reloads = () => server.output().split('the policy file was read again').length - 1;
    const reload = async (document: unknown) => {
      const before = reloads();
      write(document);
      server.child.kill('SIGHUP');
      await until(
        () => reloads() > before,
        () => server.output(),
      );
    };
    assert.deepEqual(await takenBy(), [true, false]);
    await reload(webhookWith('two.secret', 'one.secret'));
    assert.deepEqual(await takenBy(), [true, true]);
    await reload(webhookWith('two.secret'));
    assert.deepEqual(await takenBy(), [false, true]);
    write({ defaults: { webhooks: [{ name: 'mail', url: receiver.url, secret: { env: 'NOT_SET' } }] } });
    server.child.kill('SIGHUP');
    await until(() => server.output().includes('which is not set'));
    assert.ok(server.output().includes('/defaults/webhooks/0/secret'));
    assert.deepEqual(await takenBy(), [false, true]);
    // The file of a secret is watched like the policy file.
    write(webhookWith('two.secret'));
    const before = reloads();
    writeFileSync(join(folder, 'two.secret'), old);
    await until(() => reloads() > before);
    assert.deepEqual(await takenBy(), [true, false]);
    for (const secret of [old, next]) assert.ok(!server.output().includes(secret.slice(6)), 'no secret is in the log');
  });

  test('is administered by the command: list, test, enable after a 410, replay, resend', async (t) => {
    let status = 200;
    const receiver = await startReceiver(t, () => status);
    const webhooks = [{ name: 'mail', url: receiver.url, secret: { env: 'HOOK' } }];
    const { path, folder } = policyFile(t, { apps: { shop: { webhooks } } });
    const audit = join(folder, 'audit.log');
    const env = { ...LISTED, HOOK: SECRET, RS_CONFIG: path, RS_STORE: 'memory:', RS_AUDIT_LOG: audit };
    const server = await startServer(t, env);
    const run = (...words: string[]): Promise<Ran> =>
      runCommand(['webhooks', ...words, '--app', 'shop'], { env: { RS_PORT: `${server.port}` } });
    const since = new Date().toISOString();
    const first = await create(server, 'u1');
    await until(() => receiver.got.length === 1);
    const tested = await run('test', 'mail');
    assert.deepEqual([tested.status, tested.stdout], [0, 'delivered: it answered 200\n'], tested.stderr);
    assert.equal(JSON.parse(receiver.got.at(-1)!.body).type, 'webhook.test');
    status = 410;
    const refused = await run('test', 'mail');
    assert.deepEqual([refused.status, refused.stdout], [1, 'not delivered: it answered 410\n']);
    await create(server, 'u2');
    const stateOf = async () => (await call(server, 'GET', 'shop/webhooks')).json.webhooks[0];
    await until(async () => (await stateOf()).state === 'disabled');
    assert.ok(server.output().includes('says that it is gone (410)'));
    const count = receiver.got.length;
    status = 200;
    const listed = await run('list');
    assert.match(listed.stdout, /^name +state +behind .*\nmail +disabled +1 +1 +0 /);
    assert.deepEqual((await run('enable', 'mail')).stdout, 'it goes on\n');
    await until(() => receiver.got.length === count + 1);
    assert.equal((await run('enable', 'mail')).stdout, 'it was not off\n');
    const replayed = await run('replay', 'mail', '--from', since, '--json');
    assert.deepEqual([replayed.status, JSON.parse(replayed.stdout).events], [0, 2], replayed.stderr);
    await until(() => receiver.got.filter(({ body }) => body.includes(first)).length === 2);
    const resent = await run('resend', 'mail');
    assert.deepEqual([resent.status, resent.stdout], [0, '0 sent again, 0 left\n']);
    const unknown = await run('resend', 'mail', '--id', '7');
    assert.deepEqual([unknown.status, unknown.stderr.includes('there is no such dead letter')], [3, true]);
    const nobody = await run('test', 'fax');
    assert.deepEqual([nobody.status, nobody.stderr.includes('no webhook with this name')], [3, true]);
    const acts = readFileSync(audit, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"act":"webhook.'));
    const done = acts.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome === 'done');
    assert.deepEqual(
      done.map(({ act, app, webhook }) => [act, app, webhook]),
      ['test', 'test', 'enable', 'enable', 'replay', 'resend'].map((act) => [`webhook.${act}`, 'shop', 'mail']),
    );
    for (const words of [
      ['test'],
      ['frob', 'mail'],
      ['replay', 'mail'],
      ['list', 'mail'],
      ['test', 'mail', '--id', '1'],
    ]) {
      assert.equal((await run(...words)).status, 2, words.join(' '));
    }
  });

  test('says of a replay when nothing is sent yet, and takes an instant in each form', async (t) => {
    const receiver = await startReceiver(t, () => 410);
    const common = { url: receiver.url, secret: { env: 'HOOK' } };
    const webhooks = [
      { name: 'mail', ...common, paused: true },
      { name: 'gone', ...common },
    ];
    const { path } = policyFile(t, { apps: { shop: { webhooks } } });
    const server = await startServer(t, { ...LISTED, HOOK: SECRET, RS_CONFIG: path, RS_STORE: 'memory:' });
    const run = (...words: string[]): Promise<Ran> =>
      runCommand(['webhooks', ...words, '--app', 'shop'], { env: { RS_PORT: `${server.port}` } });
    await create(server, 'u1');
    await until(async () => (await call(server, 'GET', 'shop/webhooks')).json.webhooks[1].state === 'disabled');
    const held = 'will be sent again once the webhook goes on';
    for (const from of ['1h', new Date(0).toISOString(), '2026-01-31', '999999d']) {
      const { status, stdout } = await run('replay', 'mail', '--from', from);
      assert.deepEqual([status, stdout], [0, `1 events ${held}: it is paused by the policy\n`], from);
    }
    assert.match((await run('replay', 'gone', '--from', '1h')).stdout, /^1 events will be .+: its receiver said 410, /);
    assert.equal(JSON.parse((await run('replay', 'mail', '--from', '1h', '--json')).stdout).state, 'paused');
    const tail = ['events', 'tail', '--app', 'shop', '--since', '1h', '--limit', '1', '--json'];
    const { position } = JSON.parse((await runCommand(tail, { env: { RS_PORT: `${server.port}` } })).stdout);
    assert.equal((await run('replay', 'mail', '--from', position, '--json')).status, 0);
    const wrong = await run('replay', 'mail', '--from', 'yesterday');
    assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
    assert.match(wrong.stderr, /^rest-sessions: --from must be an instant, as .+, or a span before now, as 2h\n/);
  });

  test('tells a relying party of the end of a login, by a token that it can check', async (t) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    let status = 500;
    const receiver = await startReceiver(t, () => status, null);
    const { path, write, folder } = policyFile(t, {});
    writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const issuer = 'https://login.example.org';
    const logout = {
      name: 'rp',
      kind: 'backchannel-logout',
      url: receiver.url,
      issuer,
      audience: 'shop',
      key: { file: 'key.pem' },
    };
    write({ apps: { shop: { webhooks: [logout] } } });
    const server = await startServer(t, { ...LISTED, RS_CONFIG: path, RS_STORE: 'memory:' });
    const guest = (await call(server, 'POST', 'shop/sessions', {})).json.session.id;
    await call(server, 'DELETE', `shop/sessions/${guest}`);
    const id = await create(server, 'user123');
    await call(server, 'DELETE', `shop/sessions/${id}`);
    await until(() => receiver.got.length === 1);
    status = 200;
    await until(() => receiver.got.length === 2);
    const tokens = receiver.got.map(({ body, headers }) => {
      assert.equal(headers['content-type'], 'application/x-www-form-urlencoded');
      return new URLSearchParams(body).get('logout_token') ?? '';
    });
    const claims = await Promise.all(
      tokens.map(
        async (token) => (await jwtVerify(token, publicKey, { issuer, audience: 'shop', typ: 'logout+jwt' })).payload,
      ),
    );
    assert.deepEqual(
      claims.map(({ sub, sid }) => [sub, sid]),
      [
        ['user123', id],
        ['user123', id],
      ],
    );
    assert.equal(claims[0]!.jti, claims[1]!.jti);
  });

  test('sends the end of an app in batches', async (t) => {
    const receiver = await startReceiver(t, () => 200);
    const webhooks = [
      { name: 'bulk', url: receiver.url, secret: { env: 'HOOK' }, types: ['session.ended'], batch: 100 },
    ];
    const { path } = policyFile(t, { apps: { shop: { webhooks } } });
    const server = await startServer(t, { ...LISTED, HOOK: SECRET, RS_CONFIG: path, RS_STORE: 'memory:' });
    const ids = new Set<string>();
    for (let i = 0; i < 150; i++) ids.add(await create(server, `u${i}`));
    await call(server, 'DELETE', 'shop/sessions?confirm=shop');
    await until(() => idsIn(receiver.got, 'session.ended').size === 150);
    assert.deepEqual(idsIn(receiver.got, 'session.ended'), ids);
    assert.ok(receiver.got.length < 30, `${receiver.got.length} requests`);
    assert.equal(receiver.got[0]!.headers['content-type'], 'application/cloudevents-batch+json');
    await until(async () => (await requestsBy(server)).delivered === receiver.got.length);
  });

  test('sends nothing into its own network that is not listed, and says why', async (t) => {
    const receiver = await startReceiver(t, () => 200);
    const webhooks = [{ name: 'mail', url: receiver.url, secret: { env: 'HOOK' } }];
    const { path } = policyFile(t, { apps: { shop: { webhooks } } });
    const server = await startServer(t, { HOOK: SECRET, RS_CONFIG: path, RS_STORE: 'memory:' });
    const { json } = await call(server, 'POST', 'shop/webhooks/mail/test');
    const failure = '127.0.0.1 is not of the open internet, and not in RS_WEBHOOK_NETWORKS';
    assert.deepEqual(json, { delivered: false, status: null, failure });
    assert.equal(receiver.connections(), 0);
    assert.deepEqual(await requestsBy(server), { delivered: 0, refused: 0, failed: 1 });
  });

  test('sends by TLS to a receiver whose certificate is good for its name, and to no other', async (t) => {
    const folder = temporaryFolder(t);
    const { cert: ca, issue } = makeAuthority(folder);
    const { cert, key } = issue('receiver', '/CN=receiver', 'DNS:localhost');
    const bodies: string[] = [];
    const receiver = createSecureServer(
      { cert: readFileSync(cert), key: readFileSync(key) },
      async (request, response) => {
        let body = '';
        for await (const chunk of request.setEncoding('utf8')) body += chunk;
        bodies.push(body);
        response.writeHead(204).end();
      },
    ).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    t.after(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    const { port } = receiver.address() as AddressInfo;
    const to = (name: string, host: string) => ({ name, url: `https://${host}:${port}/`, secret: { env: 'HOOK' } });
    const { path } = policyFile(t, { apps: { shop: { webhooks: [to('good', 'localhost'), to('bad', '127.0.0.1')] } } });
    // A name may lead to ::1, too.
    const env = { HOOK: SECRET, RS_WEBHOOK_NETWORKS: '127.0.0.0/8,::1', NODE_EXTRA_CA_CERTS: ca };
    const server = await startServer(t, { ...env, RS_CONFIG: path, RS_STORE: 'memory:' });
    const good = await call(server, 'POST', 'shop/webhooks/good/test');
    assert.deepEqual(good.json, { delivered: true, status: 204, failure: null });
    assert.equal(JSON.parse(bodies[0]!).type, 'webhook.test');
    const bad = await call(server, 'POST', 'shop/webhooks/bad/test');
    assert.match(bad.json.failure, /does not match certificate/);
    assert.equal(bodies.length, 1);
  });
});

/** Gives the requests to receivers that the server counts, by what came of them. */
async function requestsBy({ url }: { readonly url: string }): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.matchAll(/^restsessions_webhook_requests_total\{outcome="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome, Number(count)]));
}
