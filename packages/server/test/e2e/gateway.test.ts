/** examples/gateway: each proxy as its configuration is printed, but for ports and key, before a real application. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Client } from '../support/client.ts';
import { FOLDER, PROXIES, startProgram, startProxy, withoutProxy } from '../support/gateway-proxies.ts';
import { exchange } from '../support/raw-client.ts';
import { forAllTests, freePorts, startRedis } from '../support/redis.ts';
import { type Cleanup, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

interface Arrived {
  readonly user: string | null;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly bytes: number;
  readonly sha256: string;
}

/** Sends a request as it is written, and gives the answer. */
async function ask(
  port: number,
  target: string,
  headers: readonly string[] = [],
  body: Buffer | string = '',
  method = 'GET',
) {
  const length = body.length > 0 ? [`Content-Length: ${Buffer.byteLength(body)}`] : [];
  const head = [`${method} ${target} HTTP/1.1`, 'Host: shop.example.org', ...length, ...headers, '', ''].join('\r\n');
  const { answers } = await exchange(port, [Buffer.concat([Buffer.from(head), Buffer.from(body)])]);
  const [answer] = answers;
  assert.ok(answer !== undefined, `${method} ${target} has an answer`);
  return answer;
}

async function arrives(...request: Parameters<typeof ask>): Promise<Arrived> {
  const { status, body } = await ask(...request);
  assert.equal(status, 200, body);
  return JSON.parse(body);
}

/** Gives all that came under a name, whether it is written with hyphens or underscores. */
function valuesOf({ rawHeaders }: Arrived, name: string): string[] {
  const of = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '-');
  return rawHeaders.filter((_, i) => i % 2 === 1 && of(rawHeaders[i - 1]!) === name);
}

const NAME = 'Jörg Müller/山';
const key = newKey();
const loginKey = newKey();

/** REST-Sessions with its store, and the application behind the proxies. */
async function startService(cleanup: Cleanup) {
  const redis = await startRedis(cleanup);
  const server = await startServer(cleanup, {
    RS_STORE: `redis://127.0.0.1:${redis.port}`,
    RS_STORE_TIMEOUT: '300',
    RS_CONFIG: join(FOLDER, 'policy.json'),
    RS_API_KEYS: `proxy:${hashKey(key)}:shop:verify;login:${hashKey(loginKey)}:shop:write,revoke`,
  });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  const [application] = (await freePorts(1)) as [number];
  const env = { PORT: `${application}`, SESSIONS: server.url, KEY: loginKey };
  await startProgram(cleanup, [process.execPath, join(FOLDER, 'app.mjs')], env, application);
  return { redis, client, application, sessions: server.port };
}

const service = forAllTests(startService);

/** Creates a session, and gives its token and id. */
async function newSession(subject: string | null) {
  const key = { Authorization: `Bearer ${loginKey}` };
  const { json } = await service().client.send('POST', '/v1/apps/shop/sessions', { subject }, key);
  return { token: json.token as string, id: json.session.id as string };
}

for (const proxy of PROXIES) {
  const skip = withoutProxy(proxy);

  describe(`a gateway with ${proxy.name}`, { skip }, () => {
    let port: number;
    forAllTests(async (cleanup) => {
      ({ port } = await startProxy(cleanup, proxy, service(), key));
    });

    test('sends who has no session to the login page, and lets in who has logged in', async () => {
      for (const cookie of [[], ['Cookie: __Host-session=nonsense'], ['Cookie: session=x']]) {
        const { status, headers } = await ask(port, '/cart', cookie);
        assert.deepEqual([status, headers.get('location')?.replace(/^http:\/\/[^/]+/, '')], [303, '/login']);
        assert.equal(headers.get('session-id') ?? '', '');
      }
      assert.match((await ask(port, '/login')).body, /Log in/);
      const form = ['Content-Type: application/x-www-form-urlencoded'];
      const login = await ask(port, '/login', form, `user=${encodeURIComponent(NAME)}`, 'POST');
      assert.deepEqual([login.status, login.headers.get('location')], [303, '/']);
      const [cookie] = login.headers.get('set-cookie')!.split(';') as [string];
      const token = cookie.slice('__Host-session='.length);
      const arrived = await arrives(port, '/cart?a=b', [`Cookie: theme=dark; ${cookie}; lang=de`]);
      assert.deepEqual([arrived.user, arrived.method, arrived.url], [NAME, 'GET', '/cart?a=b']);
      assert.deepEqual(valuesOf(arrived, 'session-subject'), [encodeURIComponent(NAME)]);
      assert.match(valuesOf(arrived, 'session-id').join(), /^[0-9a-f]{2}[A-Za-z0-9]{14}$/);
      assert.match(valuesOf(arrived, 'session-expires').join(), /^\d{4}-.*Z$/);
      assert.equal(valuesOf(arrived, 'cookie').join('; ').replace(/; *$/, ''), 'theme=dark; lang=de');
      const secrets = JSON.stringify(arrived.rawHeaders);
      assert.ok(!secrets.includes(token) && !secrets.includes(key), secrets);
      const native = await arrives(port, '/', [`Session-Token: ${token}`]);
      assert.deepEqual([native.user, valuesOf(native, 'session-token').join('')], [NAME, '']);
      await service().client.send('DELETE', '/v1/apps/shop/session', undefined, {
        Authorization: `Bearer ${loginKey}`,
        'Session-Token': token,
      });
      assert.equal((await ask(port, '/cart', [`Cookie: ${cookie}`])).status, 303, 'who is logged out is out at once');
    });

    test('lets no header through that a visitor made up, in whatever way it is written', async () => {
      const { token, id } = await newSession('ann');
      const guest = await newSession(null);
      const names = ['Session-Id', 'Session-Subject', 'Session-Expires'].flatMap((name) => [
        ...[name, name.toLowerCase(), name.toUpperCase()],
        ...[
          name.replace('-', '_'),
          name.replace('-', '_').toLowerCase(),
          name.replace('-', '_').toUpperCase(),
          name.replace('-', '.'),
        ],
      ]);
      const spoofed = names.flatMap((name) => [`${name}: spoofed`, `${name}: spoofed, twice`]);
      const more = ['Connection: keep-alive, Session-Subject', 'Cookie: session=spoofed'];
      for (const headers of [spoofed, [...spoofed, ...more]]) {
        const ann = await arrives(port, '/', [...headers, `Cookie: __Host-session=${token}`]);
        assert.deepEqual([valuesOf(ann, 'session-subject'), valuesOf(ann, 'session-id')], [['ann'], [id]]);
        assert.equal(valuesOf(ann, 'session-expires').length, 1);
        const nobody = await arrives(port, '/', [...headers, `Cookie: __Host-session=${guest.token}`]);
        assert.deepEqual([valuesOf(nobody, 'session-subject').join(''), nobody.user], ['', null]);
        assert.deepEqual(valuesOf(nobody, 'session-id'), [guest.id]);
        const open = await arrives(port, '/login?', headers);
        assert.ok(
          !JSON.stringify(open.rawHeaders.filter((_, i) => i % 2 === 1)).includes('spoofed,'),
          JSON.stringify(open),
        );
        for (const name of ['session-id', 'session-subject', 'session-expires']) {
          assert.equal(valuesOf(open, name).join(''), '', name);
        }
        assert.equal((await ask(port, '/', headers)).status, 303);
      }
      const other = await newSession('bob');
      const two = [`Cookie: __Host-session=${token}; __Host-session=${other.token}`];
      assert.equal((await ask(port, '/', two)).status, 303, 'nobody knows which is meant');
      const one = `__Host-session=${token}`;
      for (const cookies of [
        `${one}; a=b; ${one}`,
        `${one}; ${one}`,
        `${one};${one};${one}; a=b`,
        `a=b; x=y ;${one}`,
      ]) {
        const same = await arrives(port, '/', [`Cookie: ${cookies}`]);
        assert.ok(!JSON.stringify(same.rawHeaders).includes(token), cookies);
      }
    });

    test('passes bodies of any kind on as they are', async () => {
      const { token } = await newSession('ann');
      const cookie = `Cookie: __Host-session=${token}`;
      const body = randomBytes(1024 * 1024);
      const sha256 = createHash('sha256').update(body).digest('hex');
      for (const method of ['POST', 'PUT']) {
        const arrived = await arrives(port, '/upload', [cookie], body, method);
        assert.deepEqual([arrived.method, arrived.bytes, arrived.sha256], [method, body.length, sha256]);
      }
      const parts = Array.from({ length: 16 }, (_, i) => body.subarray(i * 65_536, (i + 1) * 65_536));
      const head = `POST /upload HTTP/1.1\r\nHost: shop.example.org\r\n${cookie}\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const chunks = parts.map((part) => Buffer.concat([Buffer.from('10000\r\n'), part, Buffer.from('\r\n')]));
      const { answers } = await exchange(port, [Buffer.from(head), ...chunks, Buffer.from('0\r\n\r\n')]);
      assert.equal(answers[0]?.status, 200);
      assert.equal(JSON.parse(answers[0].body).sha256, sha256);
      assert.equal((await ask(port, '/upload', [], 'a=b', 'POST')).status, 303);
    });

    test('passes WebSocket upgrades on, of those who have a session', async (t) => {
      const { token } = await newSession('ann');
      const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
      const handshake = [...upgrade, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
      assert.equal((await ask(port, '/live', handshake)).status, 303);
      const socket = connect(port, '127.0.0.1');
      t.after(() => socket.destroy());
      let received = '';
      socket.on('data', (chunk) => (received += chunk.toString('latin1')));
      const head = ['GET /live HTTP/1.1', 'Host: shop.example.org', ...handshake, `Cookie: __Host-session=${token}`];
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
      await until(
        () => received.endsWith('\u0003ann'),
        () => received,
      );
      assert.match(received, /^HTTP\/1\.1 101 [\s\S]*sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
      socket.write('hello');
      await until(
        () => received.endsWith('hello'),
        () => received,
      );
    });

    test('sends nobody to log in for a lost store, a lost server or a wrong key', async (t) => {
      const { token } = await newSession('ann');
      const cookie = [`Cookie: __Host-session=${token}`];
      service().redis.child.kill('SIGSTOP');
      try {
        const { status, headers } = await ask(port, '/', cookie);
        assert.ok(status >= 500, `${status}`);
        assert.deepEqual([headers.get('location'), headers.get('set-cookie')], [undefined, undefined]);
      } finally {
        service().redis.child.kill('SIGCONT');
      }
      await until(async () => (await ask(port, '/', cookie)).status === 200, 'the store is back');
      const { port: wrong } = await startProxy(t, proxy, service(), newKey());
      const [nobody] = (await freePorts(1)) as [number];
      const { port: lost } = await startProxy(t, proxy, { ...service(), sessions: nobody }, key);
      for (const headers of [cookie, []]) {
        const { status, body } = await ask(wrong, '/', headers);
        assert.ok(status === 403 || status >= 500, `${status}`);
        assert.ok(!body.includes(token), body);
        assert.ok((await ask(lost, '/', headers)).status >= 500);
      }
    });
  });
}
