import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { exchange, request } from '../support/raw-client.ts';
import { freshApp, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);
const client = service.clients[0]!;

test('R14: the path of an empty id is 404, never the path of all (kind: an empty part of a path)', async () => {
  const app = service.app(freshApp());
  await app.token({ subject: 'u' });
  const base = `/v1/apps/${app.name}`;
  for (const [method, path] of [
    ['GET', `${base}/sessions/`],
    ['HEAD', `${base}/sessions/`],
    ['DELETE', `${base}/sessions/?confirm=${app.name}`],
    ['POST', `${base}/sessions/`],
    ['GET', `${base}/sessions//`],
    ['GET', `${base}/subjects//sessions`],
    ['DELETE', `${base}/subjects//sessions`],
    ['GET', `${base}/subjects/`],
    ['GET', `${base}/`],
    ['GET', '/v1/apps/'],
    ['GET', '/v1/apps//sessions'],
    ['GET', '/v1/'],
    ['GET', `http://localhost${base}/sessions/`],
  ] as const) {
    const { status, json } = await client.send(method, path);
    assert.equal(status, 404, `${method} ${path}`);
    if (method !== 'HEAD') assert.equal(json.code ?? json.name, 'route_not_found');
  }
  for (const path of [
    `/${app.name}/soid/`,
    `/${app.name}/get/`,
    `/${app.name}/soapp//?dt=60`,
    '//activity?dt=60',
    '/',
  ]) {
    assert.equal((await client.send('GET', path)).status, 404, path);
  }
  assert.equal((await app.list()).json.sessions.length, 1);
});

test('R14: a classic path may end in a slash, as in 2.x (kind: an empty part of a path)', async () => {
  const app = freshApp();
  const token = await client.create(app, 'u');
  for (const path of [`/${app}/get/${token}/`, `/${app}/soid/u/`, `/${app}/activity/?dt=60`, '/ping/']) {
    assert.equal((await client.send('GET', path)).status, 200, path);
  }
});

test('R14: HEAD has the length that GET has, for the pages too (kind: HEAD is GET without the body)', async () => {
  const app = service.app(freshApp());
  const { token, session } = (await app.create({ subject: 'é' })).json;
  const { port } = service.servers[0]!;
  for (const path of [
    '/docs',
    '/docs/page.js',
    '/docs/page.css',
    '/openapi.json',
    '/schema/config.json',
    '/schema/export.json',
    '/ping',
    `/v1/apps/${app.name}/session`,
    `/v1/apps/${app.name}/sessions/${session.id}`,
    `/v1/apps/${app.name}/session?fields=subject`,
    `/${app.name}/soid/%C3%A9`,
  ]) {
    const ask = (method: string) => exchange(port, request(method, path, [`Session-Token: ${token}`]), { method });
    const [head, get] = [(await ask('HEAD')).answers[0]!, (await ask('GET')).answers[0]!];
    assert.deepEqual([head.status, get.status], [200, 200], path);
    assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(get.body)), path);
    assert.equal(get.headers.get('content-length'), head.headers.get('content-length'), path);
  }
});
