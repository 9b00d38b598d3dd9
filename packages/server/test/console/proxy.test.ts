/** The console behind a proxy that speaks HTTPS for it: the lines of docs/console.md in a real nginx. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAuthority } from '../support/certificates.ts';
import { PROXIES, startProgram, withoutProxy } from '../support/gateway-proxies.ts';
import { freePorts } from '../support/redis.ts';
import { temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { OWN, startDesk, testKey } from './kit.ts';

const NGINX = PROXIES.find(({ name }) => name === 'nginx')!;
const PAGE = readFileSync(new URL('../../../../docs/console.md', import.meta.url), 'utf8');

test('behind nginx the cookie is for HTTPS, requests are its own, and live events come', {
  skip: withoutProxy(NGINX),
}, async (t) => {
  const folder = temporaryFolder(t);
  const policy = join(folder, 'policy.json');
  writeFileSync(policy, JSON.stringify({ defaults: { events: true } }));
  const key = testKey('support', ['read', 'write', 'revoke']);
  const desk = await startDesk(t, [key], { RS_CONFIG: policy });
  const authority = makeAuthority(folder);
  const { cert, key: certKey } = authority.issue('proxy', '/CN=localhost', 'DNS:localhost');
  const [port] = await freePorts(1);
  const location = /```nginx\n([\s\S]*?)```/.exec(PAGE)![1]!.replace('127.0.0.1:3000', `127.0.0.1:${desk.server.port}`);
  const text = `events {}\nhttp { server { listen 127.0.0.1:${port} ssl; ssl_certificate ${cert}; ssl_certificate_key ${certKey};\n${location}} }\n`;
  const config = join(folder, 'nginx.conf');
  writeFileSync(config, NGINX.adapt!(text, folder));
  await startProgram(t, ['nginx', ...NGINX.args(config, folder)], {}, port!);

  const agent = new Agent({
    ca: readFileSync(authority.cert),
    lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  t.after(() => agent.destroy());
  const origin = `https://localhost:${port}`;
  const open = (method: string, path: string, headers: Record<string, string>, body?: object) =>
    new Promise<{ answer: IncomingMessage; sent: ClientRequest }>((resolve, reject) => {
      const text = body && JSON.stringify(body);
      const type = text && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
      const sent = request(`${origin}${path}`, { agent, method, headers: { ...type, ...headers } }, (answer) =>
        resolve({ answer, sent }),
      );
      sent.on('error', reject);
      sent.end(text);
    });
  const ask = async (...args: Parameters<typeof open>) => {
    const { answer } = await open(...args);
    answer.resume();
    return { status: answer.statusCode, cookie: answer.headers['set-cookie']?.[0] ?? '' };
  };

  const login = await ask('POST', '/console/login', { ...OWN, Origin: origin }, { key: key.key });
  assert.equal(login.status, 200);
  assert.match(login.cookie, /^__Host-rs-console=[A-Za-z0-9]{64}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
  const Cookie = login.cookie.split(';')[0]!;
  assert.equal((await ask('GET', '/console/me', { ...OWN, Cookie })).status, 200);
  const planted = Cookie.replace('__Host-', '');
  assert.equal((await ask('GET', '/console/me', { ...OWN, Cookie: planted })).status, 401);
  const search = { app: 'shop', text: 'u1' };
  const other = `https://localhost:${port! + 1}`;
  assert.equal((await ask('POST', '/console/search', { Cookie, Origin: other }, search)).status, 403);
  const older = { Cookie, Origin: origin };
  assert.equal((await ask('POST', '/console/search', older, search)).status, 200, 'an older browser');

  const { answer, sent } = await open('GET', '/console/api/v1/apps/shop/events', {
    ...{ ...OWN, Cookie, Accept: 'text/event-stream' },
  });
  let heard = '';
  answer.on('error', () => {});
  sent.on('error', () => {});
  answer.on('data', (chunk) => (heard += chunk));
  await until(() => heard.includes('position'));
  await desk.api(key.key, 'POST', '/v1/apps/shop/sessions', { subject: 'u1' });
  await until(
    () => heard.includes('session.created'),
    () => heard,
  );
  sent.destroy();
});
