/** TLS as a client meets it: curl and openssl against the built server, with real certificates. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { type Authority, makeAuthority } from '../support/certificates.ts';
import { type Cleanup, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

let folder: string;
let ca: Authority;
let served: { cert: string; key: string };
const cleanups: (() => unknown)[] = [];
const suite: Cleanup = { after: (fn) => void cleanups.push(fn) };

before(() => {
  folder = temporaryFolder(suite);
  ca = makeAuthority(folder);
  served = ca.issue('server', '/CN=localhost', 'DNS:localhost,IP:127.0.0.1');
});
after(() => Promise.all(cleanups.map((fn) => fn())));

/** Runs curl; gives what it wrote, or the exit code when it failed. */
async function curl(...args: string[]): Promise<string> {
  try {
    return (await run('curl', ['-sS', '--max-time', '10', ...args])).stdout;
  } catch (error) {
    return `curl: ${(error as { code: number }).code}`;
  }
}

const start = (t: Cleanup, env: Record<string, string> = {}) =>
  startServer(t, { RS_STORE: 'memory:', RS_TLS_CERT: served.cert, RS_TLS_KEY: served.key, ...env });

/** Opens a connection and waits until it is secure. */
async function secure(port: number, options: object = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

async function ask(socket: TLSSocket): Promise<string> {
  socket.write('GET /ping HTTP/1.1\r\nHost: x\r\n\r\n');
  const [data] = await once(socket, 'data');
  return String(data);
}

describe('TLS', () => {
  test('the start message says https, and its curl lines work with the authority', async (t) => {
    const server = await start(t);
    assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
    assert.match(server.output(), /curl -X PUT 'https:/);
    const created = await curl('--cacert', ca.cert, '-X', 'PUT', `${server.url}/shop/create/joe?ip=1.1.1.1`);
    const { token } = JSON.parse(created);
    assert.match(await curl('--cacert', ca.cert, `${server.url}/shop/get/${token}`), /^\{"id":"joe"/);
    assert.equal(await curl(`${server.url}/ping`), 'curl: 60', 'an authority nobody named is not trusted');
  });

  test('1.3 is what a client gets, 1.2 what an old one may have; 1.1, weak ciphers and plain HTTP are refused', async (t) => {
    const server = await start(t);
    const version = async (...args: string[]) => await curl('-kv', '--stderr', '-', ...args, `${server.url}/ping`);
    assert.match(await version(), /TLSv1\.3/);
    assert.match(await version('--tls-max', '1.2'), /TLSv1\.2 \/ ECDHE/);
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await assert.rejects(secure(server.port, old), /alert protocol version/i);
    await assert.rejects(secure(server.port, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }), /handshake failure/i);
    assert.match(await curl(`http://127.0.0.1:${server.port}/ping`), /^curl: (52|56)$/);
    assert.equal(await curl('-k', `${server.url}/ping`), 'PONG');
  });

  test('SIGHUP takes a new certificate for new connections while an open one goes on; a faulty one changes nothing', async (t) => {
    const [cert, key] = [join(folder, 'live.pem'), join(folder, 'live.key')];
    const put = (files: { cert: string; key: string }) => {
      copyFileSync(files.cert, cert);
      copyFileSync(files.key, key);
    };
    put(served);
    const server = await start(t, { RS_TLS_CERT: cert, RS_TLS_KEY: key });
    const said = (words: string) => until(() => server.output().includes(words));
    const name = async () => {
      const socket = await secure(server.port);
      const { subject } = socket.getPeerCertificate();
      socket.destroy();
      return subject.CN;
    };
    const open = await secure(server.port);
    assert.match(await ask(open), /PONG$/);

    put(ca.issue('next', '/CN=next', 'DNS:localhost'));
    server.child.kill('SIGHUP');
    await said('the TLS files were read again');
    assert.equal(await name(), 'next');
    assert.match(await ask(open), /PONG$/);

    writeFileSync(cert, 'nonsense');
    server.child.kill('SIGHUP');
    await said('the TLS files have a fault');
    assert.equal(await name(), 'next');
    assert.match(await ask(open), /PONG$/);
    open.destroy();
  });

  test('files that do not fit stop the start with exit code 2', async (t) => {
    const other = ca.issue('other', '/CN=other', 'DNS:other');
    await assert.rejects(
      start(t, { RS_TLS_KEY: other.key }),
      /ended with 2.*RS_TLS_CERT and RS_TLS_KEY cannot be used/s,
    );
  });

  test('a stop does not wait for a connection that never begins to speak', async (t) => {
    // A stop that waited would take the 8 s of a handshake every time; one that does not takes that long only by accident.
    for (let attempt = 0; ; attempt++) {
      const server = await start(t);
      const mute = connectPlain(server.port, '127.0.0.1').on('error', () => {});
      await once(mute, 'connect');
      const idle = await secure(server.port);
      idle.on('error', () => {});
      assert.match(await ask(idle), /PONG$/);
      const begun = Date.now();
      assert.equal(await server.end(), 0);
      mute.destroy();
      if (Date.now() - begun < 7000) return;
      assert.ok(attempt < 5, 'it waited for the handshake to time out');
    }
  });
});

describe('mutual TLS', () => {
  test('a client certificate is asked for, and its name stands for a key', async (t) => {
    const key = newKey();
    const keys = [
      { name: 'shop-web', certificate: 'CN=shop-web', apps: ['shop'], scopes: ['read'] },
      { name: 'mesh', certificate: 'URI:spiffe://example/blog', apps: ['blog'], scopes: ['read'] },
      { name: 'both', certificate: 'DNS:both.example', hash: hashKey(key), apps: '*', scopes: ['read'] },
    ];
    const file = join(folder, 'keys.json');
    writeFileSync(file, JSON.stringify({ keys }), { mode: 0o600 });
    const server = await start(t, { RS_TLS_CLIENT_CA: ca.cert, RS_KEYS_FILE: file });
    const status = (client: { cert: string; key: string } | null, app: string, ...more: string[]) =>
      curl(
        ...['-k', '-o', join(folder, 'answer'), '-w', '%{http_code}', ...more],
        ...(client === null ? [] : ['--cert', client.cert, '--key', client.key]),
        `${server.url}/${app}/activity?dt=600`,
      );
    const web = ca.issue('web', '/CN=shop-web', 'DNS:web');
    assert.equal(await status(web, 'shop'), '200');
    assert.equal(await status(web, 'blog'), '403');
    assert.equal(await status(web, 'shop', '-H', `Authorization: Bearer ${newKey()}`), '401', 'a wrong key counts');
    const mesh = ca.issue('mesh', '/O=x', 'URI:spiffe://example/blog');
    assert.deepEqual([await status(mesh, 'blog'), await status(mesh, 'shop')], ['200', '403']);
    const both = ca.issue('both', '/CN=both', 'DNS:both.example');
    assert.equal(await status(both, 'shop'), '401', 'its key is missing');
    assert.equal(await status(both, 'shop', '-H', `Authorization: Bearer ${key}`), '200');
    assert.equal(await status(web, 'shop', '-H', `Authorization: Bearer ${key}`), '401', 'a stolen key is not enough');
    const stranger = ca.issue('stranger', '/CN=stranger', 'DNS:CN=shop-web');
    assert.equal(await status(stranger, 'shop'), '401');
    const twoNames = ca.issue('two', '/CN=shop-web/CN=x', 'DNS:two');
    assert.equal(await status(twoNames, 'shop'), '401');
    assert.match(await status(null, 'shop'), /^curl: (35|52|56)$/);
    const foreign = makeAuthority(folder, 'foreign').issue('forged', '/CN=shop-web', 'DNS:web');
    assert.match(await status(foreign, 'shop'), /^curl: (35|52|56)$/);
  });

  test('a connection made over again from a ticket still has its name', async (t) => {
    const file = join(folder, 'keys2.json');
    const keys = [{ name: 'web', certificate: 'CN=again', apps: '*', scopes: ['read'] }];
    writeFileSync(file, JSON.stringify({ keys }), { mode: 0o600 });
    const server = await start(t, { RS_TLS_CLIENT_CA: ca.cert, RS_KEYS_FILE: file });
    const client = ca.issue('again', '/CN=again', 'DNS:again');
    const options = { cert: readFileSync(client.cert), key: readFileSync(client.key) };
    const first = await secure(server.port, options);
    const session = once(first, 'session');
    assert.match(await ask(first), /PONG$/);
    const [ticket] = await session;
    first.destroy();
    const socket = await secure(server.port, { session: ticket });
    const answer = await new Promise<number>((resolve, reject) => {
      const sent = request({ createConnection: () => socket, path: '/shop/activity?dt=600' }, (got) =>
        resolve(got.statusCode ?? 0),
      );
      sent.on('error', reject).end();
    });
    assert.ok(socket.isSessionReused());
    assert.equal(answer, 200);
    socket.destroy();
  });
});
