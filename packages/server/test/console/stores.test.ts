/** The console on every store, on several servers and workers, behind TLS, and on a port of its own. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeAuthority } from '../support/certificates.ts';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { scrape } from '../support/metrics.ts';
import { lastFirst, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { cluster, lmdb, memory, redis } from '../v1/stores.ts';
import { type Desk, OWN, PASSWORD, startDesk, testKey, user } from './kit.ts';

const SUPPORT = testKey('support', ['verify', 'read', 'write', 'revoke', 'admin']);

for (const [name, open] of Object.entries({ memory, LMDB: lmdb, Redis: redis, 'Redis Cluster': cluster })) {
  describe(`on ${name}`, () => {
    test('somebody logs in, ends a session, and is known to all servers until logging out', async (t) => {
      const cleanup = lastFirst(t);
      const store = await open(cleanup);
      const env = { ...store.env, RS_CONSOLE_USERS: user('support') };
      const first = await startDesk(cleanup, [SUPPORT], env);
      const second = store.shared ? await startDesk(cleanup, [SUPPORT], env) : first;
      const anna = first.visitor();
      await anna.login({ key: SUPPORT.key });
      const there = second.visitor();
      there.cookie = anna.cookie;
      const { json } = await second.api(SUPPORT.key, 'POST', '/v1/apps/shop/sessions', { subject: 'u1' });
      const found = await there.post('/console/search', { app: 'shop', text: json.token });
      assert.deepEqual([found.json.kind, found.json.session.id], ['token', json.session.id]);
      assert.equal((await there.v1('DELETE', `/apps/shop/sessions/${json.session.id}`)).json.revoked, 1);

      const byPassword = second.visitor();
      await byPassword.login({ name: 'support', password: PASSWORD });
      const again = second.visitor();
      await again.login({ key: SUPPORT.key });
      assert.deepEqual((await anna.post('/console/logout-everywhere')).json, { ended: 2 });
      for (const visitor of [there, again]) assert.equal((await visitor.get('/console/me')).status, 401);
      assert.equal((await byPassword.get('/console/me')).status, 200);

      await staysUnseen(second);
      await Promise.all([first.server.end(), second.server.end()]);
      assert.deepEqual(await store.faults(), []);
    });
  });
}

/** What is kept of the console is no app of anybody: in no list, no number of users, no metric. */
async function staysUnseen(desk: Desk): Promise<void> {
  const apps = await desk.api(SUPPORT.key, 'GET', '/v1/apps');
  assert.doesNotMatch(apps.text, /_console/);
  assert.doesNotMatch((await desk.api(SUPPORT.key, 'GET', '/apps')).text, /_console/);
  for (const [method, path] of [
    ['GET', '/v1/apps/_console/sessions'],
    ['GET', '/v1/apps/_console'],
    ['DELETE', '/v1/apps/_console/sessions?confirm=_console'],
    ['GET', '/v1/apps/_console/subjects/key:support/sessions'],
    ['GET', '/_console/activity?dt=600'],
    ['GET', '/_console/soid/key:support'],
    ['DELETE', '/_console/killall'],
    ['PUT', '/_console/create/key:support?ip=1.1.1.1'],
  ] as const) {
    const { status, text } = await desk.api(SUPPORT.key, method, path);
    assert.equal(status, 400, `${method} ${path}: ${text}`);
  }
  const metrics = await desk.api(SUPPORT.key, 'GET', '/metrics');
  assert.doesNotMatch(metrics.text, /_console/);
}

test('users’ sessions are counted without those of the console', async (t) => {
  const desk = await startDesk(t, [SUPPORT], { RS_SWEEP_INTERVAL: '1' });
  for (let i = 0; i < 3; i++) await desk.visitor().login({ key: SUPPORT.key });
  await desk.api(SUPPORT.key, 'POST', '/v1/apps/shop/sessions', { subject: 'u1' });
  const counted = async () => {
    const found = await scrape(desk.server.url, { Authorization: `Bearer ${SUPPORT.key}` });
    return ['sessions_created_total', 'sessions'].map((name) => found.of(`${name}{app="other"}`));
  };
  await until(async () => (await counted())[1] === 1, 'one session is counted');
  assert.deepEqual(await counted(), [1, 1]);
});

test('an export, a copy and statistics leave it out, a backup has it', async (t) => {
  const [path, target, folder] = [temporaryFolder(t), temporaryFolder(t), temporaryFolder(t)];
  const RS_STORE = `lmdb:${path}`;
  const desk = await startDesk(t, [SUPPORT], { RS_STORE });
  const anna = desk.visitor();
  await anna.login({ key: SUPPORT.key });
  await desk.api(SUPPORT.key, 'POST', '/v1/apps/shop/sessions', { subject: 'u1' });
  const run = async (...args: string[]) => {
    const ran = await runCommand(args, { env: { RS_STORE } });
    assert.equal(ran.status, 0, `${args.join(' ')}: ${ran.stderr}`);
    return ran.stdout;
  };
  const stats = JSON.parse(await run('stats', '--json'));
  assert.deepEqual(stats.apps, [{ app: 'shop', sessions: 1, subjects: 1 }]);
  const exported = join(folder, 'export.ndjson');
  await run('export', '--output', exported);
  assert.doesNotMatch(readFileSync(exported, 'utf8'), /_console|key:support/);
  await run('copy', '--from', RS_STORE, '--to', `lmdb:${target}`);
  const backup = join(folder, 'backup.rsb');
  await run('backup', backup);

  const there = await startDesk(t, [SUPPORT], { RS_STORE: `lmdb:${target}` });
  const elsewhere = there.visitor();
  elsewhere.cookie = anna.cookie;
  assert.equal((await elsewhere.get('/console/me')).status, 401, 'after a copy everybody logs in anew');
  assert.equal((await there.api(SUPPORT.key, 'GET', '/v1/apps')).json.apps.length, 1);
  await desk.server.end();
  const restored = temporaryFolder(t);
  await run('restore', backup, '--store', `lmdb:${restored}`);
  const again = await startDesk(t, [SUPPORT], { RS_STORE: `lmdb:${restored}` });
  const back = again.visitor();
  back.cookie = anna.cookie;
  assert.equal((await back.get('/console/me')).status, 200, 'a backup is the whole store');
});

test('workers know each other’s logins', async (t) => {
  const env = { RS_STORE: `lmdb:${temporaryFolder(t)}`, RS_WORKERS: '2', RS_CONSOLE_PORT: '0' };
  const desk = await startDesk(t, [SUPPORT], env);
  const url = await consoleUrl(desk);
  const anna = desk.visitor(url);
  await anna.login({ key: SUPPORT.key });
  for (let i = 0; i < 8; i++) {
    const other = desk.visitor(url);
    other.cookie = anna.cookie;
    assert.equal((await other.get('/console/me')).status, 200);
  }
  await anna.post('/console/logout');
});

async function consoleUrl(desk: Desk): Promise<string> {
  let url: string | undefined;
  await until(() => {
    url = /"url":"(https?:\/\/[^"]*)\/console"/.exec(desk.server.output())?.[1];
    return url !== undefined;
  }, 'the log names the port of the console');
  return url!;
}

test('on a port of its own it is there and nowhere else, and nothing else is there', async (t) => {
  const desk = await startDesk(t, [SUPPORT], { RS_CONSOLE: 'false', RS_CONSOLE_PORT: '0' });
  const anna = desk.visitor(await consoleUrl(desk));
  await anna.login({ key: SUPPORT.key });
  assert.equal((await anna.v1('GET', '/apps')).status, 200);
  for (const path of ['/v1/apps', '/metrics', '/docs', '/ping', '/shop/activity?dt=1']) {
    const answer = await anna.get(path, { Authorization: `Bearer ${SUPPORT.key}` });
    assert.equal(answer.status, 404, path);
  }
  const main = desk.visitor();
  for (const path of ['/console', '/console/login', '/console/api/v1/apps']) {
    assert.equal((await main.get(path)).status, 404, path);
  }
  assert.equal(await desk.server.end(), 0);
});

test('behind TLS the cookie is for HTTPS alone, and a key that needs a certificate needs it with each request', async (t) => {
  const folder = temporaryFolder(t);
  const authority = makeAuthority(folder);
  const server = authority.issue('server', '/CN=localhost', 'DNS:localhost,IP:127.0.0.1');
  const client = authority.issue('client', '/CN=desk', 'DNS:desk.example');
  const bound = testKey('support', ['read']);
  const entry = { ...bound.entry, certificate: 'CN=desk' };
  const desk = await startDesk(t, [{ ...bound, entry }], {
    RS_TLS_CERT: server.cert,
    RS_TLS_KEY: server.key,
    RS_TLS_CLIENT_CA: authority.cert,
  });
  const ca = readFileSync(authority.cert);
  const own = { cert: readFileSync(client.cert), key: readFileSync(client.key) };
  const other = authority.issue('other', '/CN=other', 'DNS:other.example');
  const others = { cert: readFileSync(other.cert), key: readFileSync(other.key) };
  const ask = (
    certificate: object,
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ) => {
    const agent = new Agent({ ca, ...certificate });
    const text = body && JSON.stringify(body);
    const type = text && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    return new Promise<{ status: number; cookie: string | undefined }>((resolve, reject) => {
      const options = { agent, method, headers: { ...OWN, ...type, ...headers } };
      const sent = request(`${desk.server.url}${path}`, options, (answer) => {
        answer.resume();
        answer.on('end', () => {
          agent.destroy();
          resolve({ status: answer.statusCode!, cookie: answer.headers['set-cookie']?.[0] });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  };
  assert.equal((await ask(others, 'POST', '/console/login', { key: bound.key })).status, 401);
  const { status, cookie } = await ask(own, 'POST', '/console/login', { key: bound.key });
  assert.equal(status, 200);
  assert.match(cookie!, /^__Host-rs-console=[A-Za-z0-9]{64}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
  const Cookie = cookie!.split(';')[0]!;
  assert.equal((await ask(own, 'GET', '/console/me', undefined, { Cookie })).status, 200);
  const plain = Cookie.replace('__Host-', '');
  assert.equal((await ask(own, 'GET', '/console/me', undefined, { Cookie: plain })).status, 401);
  assert.equal((await ask(others, 'GET', '/console/me', undefined, { Cookie })).status, 401, 'a stolen cookie alone');
});

test('a browser of the machine does not reach an open server by a name that a page could have', async (t) => {
  const desk = await startDesk(t, null);
  const client = new Client(desk.server.url);
  t.after(() => client.close());
  const answer = await client.send('POST', '/console/login', {}, { ...OWN, Host: 'rebound.example' });
  assert.equal(answer.status, 421);
});
