/** The search box of the console: a token, a session, a subject; nothing is counted, touched or written down by it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Cleanup, temporaryFolder } from '../support/server.ts';
import { type Desk, outcome, startDesk, testKey, type Visitor } from './kit.ts';

const cleanups: (() => unknown)[] = [];
const suite: Cleanup = { after: (fn) => void cleanups.push(fn) };
after(async () => {
  for (const end of cleanups.reverse()) await end();
});

const APP = testKey('app', ['verify', 'read', 'write', 'revoke']);
const SUPPORT = testKey('support', ['read'], ['shop']);
const BLIND = testKey('blind', ['revoke']);
let desk: Desk;
let anna: Visitor;

before(async () => {
  const policy = join(temporaryFolder(suite), 'policy.json');
  writeFileSync(policy, JSON.stringify({ defaults: { events: true, history: { days: 7 }, rotationGrace: 0 } }));
  desk = await startDesk(suite, [APP, SUPPORT, BLIND], { RS_CONFIG: policy, RS_RATE_MISSES: '1:5' });
  anna = desk.visitor();
  await anna.login({ key: SUPPORT.key });
});

const search = (text: string, app = 'shop') => anna.post('/console/search', { app, text });
const create = async (body: object) => (await desk.api(APP.key, 'POST', '/v1/apps/shop/sessions', body)).json;

describe('finds', () => {
  test('the session of a token of each form, without its data, and how many its subject has', async () => {
    const { token, session } = await create({ subject: 'u1', data: { cart: ['secret'] } });
    await create({ subject: 'u1' });
    const { status, json, text } = await search(` ${token}\n`);
    assert.deepEqual(
      [status, json.kind, json.session.id, json.subject, json.sessions],
      [200, 'token', session.id, 'u1', 2],
    );
    assert.doesNotMatch(text, /secret|"data"/);
    assert.ok(!text.includes(token));
    const classic = await desk.api(APP.key, 'PUT', '/shop/create/u2?ip=1.1.1.1');
    const byClassic = (await search(classic.json.token)).json;
    assert.deepEqual([byClassic.kind, byClassic.subject, byClassic.sessions], ['token', 'u2', 1]);
    const chosen = 'my-own.token_of~27:characters';
    await desk.api(APP.key, 'PUT', '/v1/apps/shop/session', { subject: null }, { 'Session-Token': chosen });
    const guest = (await search(chosen)).json;
    assert.deepEqual([guest.kind, guest.subject, guest.sessions], ['token', null, 1]);
  });

  test('a session by its id, and a subject by its name; of somebody whose sessions have ended the name', async () => {
    const { session } = await create({ subject: 'u3@example.org' });
    const byId = (await search(session.id)).json;
    assert.deepEqual([byId.kind, byId.session.id, byId.subject], ['session', session.id, 'u3@example.org']);
    const byName = (await search('u3@example.org')).json;
    assert.deepEqual(byName, { kind: 'subject', session: null, subject: 'u3@example.org', sessions: 1 });
    await desk.api(APP.key, 'DELETE', `/v1/apps/shop/sessions/${session.id}`);
    assert.deepEqual((await search('u3@example.org')).json, { ...byName, sessions: 0 });
    assert.deepEqual((await search(session.id)).json, { kind: 'none', session: null, subject: null, sessions: 0 });
  });

  test('a subject that has the form of a token, an id, or a script', async () => {
    for (const subject of ['abcdefghijklmnopqrstuvwx', '0123456789abcdef', '<script>alert(1)</script>', 'ключ', '..']) {
      await desk.api(APP.key, 'PUT', `/shop/create/${encodeURIComponent(subject)}?ip=1.1.1.1`);
      assert.deepEqual((await search(subject)).json, { kind: 'subject', session: null, subject, sessions: 1 });
    }
  });

  test('nothing in another app than the one that is asked for', async () => {
    const { token, session } = await create({ subject: 'u4' });
    for (const text of ['u4', session.id, token]) {
      assert.deepEqual(outcome(await search(text, 'blog')), [403, 'forbidden']);
    }
    const all = desk.visitor();
    await all.login({ key: APP.key });
    for (const text of ['u4', session.id]) {
      assert.equal((await all.post('/console/search', { app: 'blog', text })).json.kind, 'none');
    }
    assert.equal((await all.post('/console/search', { app: '_console', text: 'key:app' })).status, 400);
  });
});

test('counts no read and touches nothing, and a token that was replaced is no sign of a theft', async () => {
  const { token, session } = await create({ subject: 'u5' });
  const find = async () => (await desk.api(APP.key, 'GET', `/v1/apps/shop/sessions/${session.id}`)).json;
  const before = await find();
  await search(token);
  await search(session.id);
  await search('u5');
  assert.deepEqual(await find(), before);
  const rotated = await desk.api(APP.key, 'POST', '/v1/apps/shop/session/rotate', {}, { 'Session-Token': token });
  assert.equal(rotated.status, 200);
  assert.deepEqual((await search(token)).json.kind, 'none');
  const events = await desk.api(APP.key, 'GET', '/v1/apps/shop/events?subject=u5');
  assert.doesNotMatch(events.text, /reuse|suspect/);
  assert.doesNotMatch(desk.server.output(), /token_reuse/);
});

test('needs the scope read, and a login', async () => {
  const blind = desk.visitor();
  await blind.login({ key: BLIND.key });
  assert.deepEqual(outcome(await blind.post('/console/search', { app: 'shop', text: 'u1' })), [403, 'forbidden']);
  assert.deepEqual(outcome(await desk.visitor().post('/console/search', { app: 'shop', text: 'u1' })), [
    401,
    'unauthorized',
  ]);
});

test('refuses what is no search', async () => {
  for (const body of [
    {},
    { app: 'shop' },
    { text: 'x' },
    { app: 7, text: 'x' },
    { app: 'shop', text: '  ' },
    { app: 'shop', text: 'x', more: 1 },
  ]) {
    assert.equal((await anna.post('/console/search', body)).status, 400, JSON.stringify(body));
  }
});

test('of many tokens that open nothing is limited, as everywhere', async () => {
  const guesser = desk.visitor();
  await guesser.login({ key: APP.key });
  const statuses: number[] = [];
  for (let i = 0; i < 7; i++) {
    const text = `rs0a${String(i).padStart(36, 'aB3')}`;
    statuses.push((await guesser.post('/console/search', { app: 'shop', text })).status);
  }
  assert.deepEqual(statuses.slice(0, 5), Array(5).fill(200));
  assert.equal(statuses.at(-1), 429);
  assert.equal((await guesser.post('/console/search', { app: 'shop', text: 'u1' })).status, 200, 'names go on');
});
