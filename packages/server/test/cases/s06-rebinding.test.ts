/**
 * S6: a server without keys and the pages that are open in a browser beside it. What is sent is what browsers send, over
 * bare TCP, and over TLS where the listener could make a difference.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { makeAuthority } from '../support/certificates.ts';
import { assertRefusal, exchange } from '../support/raw-client.ts';
import { MAIN, startServer, temporaryFolder } from '../support/server.ts';

const server = await startServer({ after }, { RS_STORE: 'memory:' });
const own = `127.0.0.1:${server.port}`;

/** Writes a request; a header with the value null is not sent. */
function written(line: string, headers: Record<string, string | null>): string {
  const lines = Object.entries({ Host: own, ...headers }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}\r\n`],
  );
  return `${line}\r\n${lines.join('')}\r\n`;
}

const ask = async (line: string, headers: Record<string, string | null> = {}, port = server.port) =>
  (await exchange(port, written(line, headers))).answers[0];

describe('S6: without keys, a name that a page on the internet can have', () => {
  const foreign = [
    'evil.example',
    `evil.example:${server.port}`,
    'EVIL.Example',
    'evil.example.',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'notlocalhost.com',
    '1.2.3.4.nip.io',
    'xn--exmple-cua.example',
  ];
  for (const host of foreign) {
    test(`S6: Host: ${host.replace(/\d{4,}/, 'PORT')} is 421 that names RS_ALLOWED_HOSTS (kind: DNS rebinding)`, async () => {
      const answer = await ask('GET /ping HTTP/1.1', { Host: host });
      assertRefusal(answer, [421]);
      assert.match(answer!.body, /RS_ALLOWED_HOSTS/);
      assert.equal(answer!.headers.get('connection'), 'close');
    });
  }

  const routes = [
    'GET /',
    'GET /ping',
    'HEAD /ping',
    'GET /livez',
    'GET /readyz',
    'GET /docs',
    'GET /docs/page.js',
    'GET /openapi.json',
    'GET /schema/config.json',
    'GET /schema/export.json',
    'GET /shop/activity?dt=60',
    'PUT /shop/create/u?ip=1.1.1.1',
    'GET /v1/apps',
    'POST /v1/apps/shop/sessions',
    'OPTIONS /v1/apps',
    'OPTIONS *',
    'GET /no/such/route/at/all',
  ];
  for (const route of routes) {
    test(`S6: ${route} is 421 for it (kind: every route)`, async () => {
      const { answers } = await exchange(server.port, written(`${route} HTTP/1.1`, { Host: 'evil.example' }), {
        method: route.split(' ')[0]!,
      });
      assert.equal(answers[0]?.status, 421);
      const isV1 = route.includes(' /v1/');
      if (!route.startsWith('HEAD')) {
        assert.equal(answers[0].headers.get('content-type')?.startsWith('application/problem+json'), isV1);
        assert.equal(
          JSON.parse(answers[0].body)[isV1 ? 'code' : 'name'],
          isV1 ? 'misdirected_request' : 'misdirectedRequest',
        );
      }
    });
  }

  test('S6: the authority of a target in absolute form counts, and Host does not (kind: other ways to say the name)', async () => {
    for (const target of [
      'http://evil.example/ping',
      'HTTP://evil.example:80/ping',
      'http://localhost@evil.example/ping',
    ]) {
      assertRefusal(await ask(`GET ${target} HTTP/1.1`), [400, 421]);
    }
    assert.equal((await ask('GET http://evil.example/ping HTTP/1.1'))?.status, 421);
    assert.equal((await ask(`GET http://${own}/ping HTTP/1.1`, { Host: 'evil.example' }))?.body, 'PONG');
  });

  test('S6: a Host that is no name is 400 (kind: what cannot be compared is not let through)', async () => {
    for (const host of [
      'a@evil.example',
      '[evil.example]',
      'evil.example:x',
      'a,b',
      'localhost, evil.example',
      '::1',
    ]) {
      assertRefusal(await ask('GET /ping HTTP/1.1', { Host: host }), [400]);
    }
  });
});

describe('S6: without keys, what no page can have', () => {
  const fine = [
    '127.0.0.1',
    own,
    '10.1.2.3:3000',
    '127.1',
    '[::1]',
    `[::1]:${server.port}`,
    '[::ffff:7f00:1]:3000',
    '[::ffff:127.0.0.1]:3000',
    '[0:0:0:0:0:0:0:1]',
    '[fe80::1%25eth0]:3000',
    'localhost:',
    'localhost',
    'LocalHost:3000',
    'localhost.',
    'app.localhost',
    'a.b.localhost:3000',
    'sessions',
    'my_service:3000',
    'x',
  ];
  for (const host of fine) {
    test(`S6: Host: ${host.replace(/\d{4,}/, 'PORT')} goes on working (kind: addresses, localhost, names without a dot)`, async () => {
      assert.equal((await ask('GET /ping HTTP/1.1', { Host: host }))?.body, 'PONG');
    });
  }

  test('S6: HTTP/1.0 without a Host goes on working', async () => {
    assert.equal((await ask('GET /ping HTTP/1.0', { Host: null }))?.body, 'PONG');
  });
});

describe('S6: without keys, a page of another site', () => {
  const create = 'POST /v1/apps/shop/sessions HTTP/1.1';
  const refused: readonly (readonly [what: string, headers: Record<string, string>])[] = [
    ['Sec-Fetch-Site: cross-site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a foreign Origin', { Origin: 'https://evil.example' }],
    ['Origin: null', { Origin: 'null' }],
    ['the Origin of another port', { Origin: 'http://127.0.0.1:1' }],
    ['the Origin of another name of this machine', { Origin: `http://localhost:${server.port}` }],
    ['an Origin that is no URL', { Origin: 'evil' }],
    ['the Origin of an extension', { Origin: 'moz-extension://abc' }],
  ];
  for (const [what, headers] of refused) {
    test(`S6: ${what} on an unsafe method is 403, and nothing is done (kind: requests that a page sends blindly)`, async () => {
      const type = { 'Content-Type': 'text/plain', 'Content-Length': '0' };
      const answer = await ask(create, { ...type, ...headers });
      assertRefusal(answer, [403]);
      assert.equal(JSON.parse(answer!.body).code, 'cross_site_request');
      for (const line of [
        'PUT /shop/create/u?ip=1.1.1.1',
        'POST /shop/set/x',
        'DELETE /shop/killall',
        'PATCH /v1/apps/shop/session',
        'POST /nope',
      ]) {
        assertRefusal(await ask(`${line} HTTP/1.1`, { 'Content-Length': '0', ...headers }), [403]);
      }
      assert.equal((await ask('GET /v1/apps HTTP/1.1'))?.body, '{"apps":[]}');
      assert.equal(
        (await ask('GET /ping HTTP/1.1', headers))?.body,
        'PONG',
        'a read is as safe as its answer is unreadable',
      );
    });
  }

  test('S6: our own page, and what is no browser, may write (kind: the page at /docs)', async () => {
    for (const headers of [
      {},
      { 'Sec-Fetch-Site': 'same-origin', Origin: `http://${own}` },
      { 'Sec-Fetch-Site': 'none' },
      { Host: 'localhost', Origin: 'http://LOCALHOST:80' },
    ]) {
      assert.equal((await ask(create, { 'Content-Length': '0', ...headers }))?.status, 201, JSON.stringify(headers));
    }
    const { answers } = await exchange(server.port, written('DELETE /shop/killall HTTP/1.1', {}));
    assert.equal(answers[0]?.status, 200);
  });
});

test('S6: RS_ALLOWED_HOSTS lets the names in it through, on TLS too, and no others (kind: other listeners)', async (t) => {
  const { cert, key } = makeAuthority(temporaryFolder(t)).issue('server', '/CN=localhost', 'DNS:localhost');
  const secure = { RS_TLS_CERT: cert, RS_TLS_KEY: key };
  const names = { RS_ALLOWED_HOSTS: 'Sessions.Example, *.intern.example b.example.', RS_STORE: 'memory:' };
  for (const env of [names, { ...names, ...secure }]) {
    const { port } = await startServer(t, env);
    const options = { tls: 'RS_TLS_CERT' in env };
    const status = async (host: string, line = 'GET /ping', headers = {}) =>
      (await exchange(port, written(`${line} HTTP/1.1`, { Host: host, ...headers }), options)).answers[0]?.status;
    for (const host of [
      'sessions.example',
      'sessions.example:443',
      'SESSIONS.example.',
      'a.intern.example',
      'a.b.intern.example',
      'b.example',
    ]) {
      assert.equal(await status(host), 200, host);
    }
    for (const host of [
      'evil.example',
      'a.sessions.example',
      'intern.example',
      'evilintern.example',
      'sessions.example.evil.example',
    ]) {
      assert.equal(await status(host), 421, host);
    }
    const fromPage = { Origin: 'https://sessions.example', 'Content-Length': '0' };
    assert.equal(await status('sessions.example', 'POST /v1/apps/shop/sessions', fromPage), 201);
    assert.equal(
      await status('sessions.example', 'POST /v1/apps/shop/sessions', { ...fromPage, Origin: 'https://evil.example' }),
      403,
    );
  }
});

test('S6: with keys nothing changes: any Host, any Origin (kind: only servers without keys)', async (t) => {
  const key = newKey();
  const entry = `web:${hashKey(key)}:*:write`;
  const keyed = await startServer(t, { RS_STORE: 'memory:', RS_API_KEYS: entry });
  const headers = {
    Host: 'evil.example',
    'Sec-Fetch-Site': 'cross-site',
    Origin: 'https://evil.example',
    'Content-Length': '0',
  };
  assert.equal((await ask('GET /ping HTTP/1.1', headers, keyed.port))?.body, 'PONG');
  const bearer = { ...headers, Authorization: `Bearer ${key}` };
  assert.equal((await ask('POST /v1/apps/shop/sessions HTTP/1.1', bearer, keyed.port))?.status, 201);
  assert.equal((await ask('POST /v1/apps/shop/sessions HTTP/1.1', headers, keyed.port))?.status, 401);
});

test('S6: the doctor says that a server without keys answers to all who reach it, and to which names (kind: words)', async (t) => {
  const folder = temporaryFolder(t);
  const doctor = (env: Record<string, string>, ...args: string[]) =>
    spawnSync(process.execPath, [MAIN, 'doctor', ...args], {
      env: { PATH: process.env.PATH, RS_STORE: `lmdb:${folder}/s`, ...env },
      encoding: 'utf8',
    }).stdout;
  await (await startServer(t, { RS_STORE: `lmdb:${folder}/s` })).end();
  assert.match(
    doctor({ RS_ALLOWED_HOSTS: 'sessions.example' }),
    /\nnote: there are no API keys.*sessions\.example; RS_ALLOWED_HOSTS/,
  );
  // Beside what it says of this machine.
  const ofKeys = (env: Record<string, string>) =>
    (JSON.parse(doctor(env, '--json')).notes as string[]).filter((note) => note.includes('API keys'));
  const [note, ...others] = ofKeys({});
  assert.match(note!, /DNS rebinding.*RS_ALLOWED_HOSTS/);
  assert.deepEqual(others, []);
  assert.deepEqual(ofKeys({ RS_API_KEYS: `web:${hashKey(newKey())}:*:read` }), []);
});
