/** Live events in the console: they come as in v1, and end with the key, the user or the session. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStream } from '../support/open-stream.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { type Desk, startDesk, testKey, type Visitor } from './kit.ts';

const APP = testKey('app', ['write', 'revoke']);

function withEvents(cleanup: Cleanup): { RS_CONFIG: string } {
  const policy = join(temporaryFolder(cleanup), 'policy.json');
  writeFileSync(policy, JSON.stringify({ defaults: { events: true } }));
  return { RS_CONFIG: policy };
}

async function listen(desk: Desk, visitor: Visitor, path = '/apps/shop/events') {
  const headers = [`Cookie: ${visitor.cookie}`, 'Sec-Fetch-Site: same-origin'];
  return openStream(desk.server.port, `/console/api/v1${path}`, headers);
}

test('a stream tells what happens, and who of the console did it and why', async (t) => {
  const support = testKey('support', ['read', 'revoke']);
  const desk = await startDesk(t, [APP, support], withEvents(t));
  const anna = desk.visitor();
  await anna.login({ key: support.key });
  for (const path of ['/apps/shop/events', '/events']) {
    const stream = await listen(desk, anna, path);
    assert.match(stream.head(), /^HTTP\/1.1 200 /);
    assert.match(stream.head(), /X-Frame-Options: DENY/);
    const { json } = await desk.api(APP.key, 'POST', '/v1/apps/shop/sessions', { subject: 'joe' });
    await anna.v1('DELETE', `/apps/shop/sessions/${json.session.id}?reason=stolen`);
    await until(() => stream.messages().length === 2);
    // biome-ignore lint/suspicious/noExplicitAny: CloudEvents of any shape
    const [created, ended] = stream.messages().map(({ data }) => data as Record<string, any>);
    assert.equal(created!.type, 'session.created');
    assert.deepEqual([ended!.type, ended!.data.by, ended!.data.note], ['session.ended', 'support', 'stolen']);
    stream.socket.destroy();
  }
});

test('a stream ends when its key is revoked, its session is ended elsewhere, or its scope is taken', async (t) => {
  const support = testKey('support', ['read']);
  const other = testKey('other', ['read']);
  const third = testKey('third', ['read']);
  const desk = await startDesk(t, [APP, support, other, third], withEvents(t));
  const [anna, ben, cleo] = [desk.visitor(), desk.visitor(), desk.visitor()];
  for (const [visitor, { key }] of [
    [anna, support],
    [ben, other],
    [cleo, third],
  ] as const)
    await visitor.login({ key });
  const [hers, his, stays] = await Promise.all([anna, ben, cleo].map((visitor) => listen(desk, visitor)));
  await ben.post('/console/logout');
  await until(() => his!.hasEnded(), 'the stream of a session that has ended');
  assert.ok(his!.isWhole());
  assert.equal(hers!.hasEnded(), false);
  desk.use([APP, other, third]);
  await until(() => hers!.hasEnded(), 'the stream of a key that is revoked');
  assert.equal(stays!.hasEnded(), false);
  desk.use([APP, other, { ...third, entry: { ...third.entry, scopes: ['revoke'] } }]);
  await until(() => stays!.hasEnded(), 'the stream of a key that may not read any more');
});

test('who only listens is idle, and so is a request in the background; what somebody does is activity', async (t) => {
  const support = testKey('support', ['read']);
  const desk = await startDesk(t, [APP, support], withEvents(t));
  const anna = desk.visitor();
  const expires = async () => Date.parse((await anna.get('/console/me')).json.expiresAt);
  const { json } = await anna.login({ key: support.key });
  const first = Date.parse(json.expiresAt);
  await anna.v1('GET', '/apps', undefined, { 'Console-Background': '1' });
  assert.equal(await expires(), first, 'to ask who one is, or in the background, is no activity');
  await until(async () => {
    await anna.v1('GET', '/apps');
    return (await expires()) > first;
  }, 'the deadline moves');
  const before = await expires();
  await until(async () => {
    assert.equal((await anna.post('/console/me', {})).status, 200);
    return (await expires()) > before;
  }, 'who says to be there is');
  const stream = await listen(desk, anna);
  const opened = await expires();
  await desk.api(APP.key, 'POST', '/v1/apps/shop/sessions', { subject: 'joe' });
  await until(() => stream.messages().length === 1);
  assert.equal(await expires(), opened);
  stream.socket.destroy();
});
