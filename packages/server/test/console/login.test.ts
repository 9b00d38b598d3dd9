/** Logging in to the console and out of it: by a key, by name and password, on a server that is open. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { newKey } from '../../src/keys/format.ts';
import { temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { outcome, PASSWORD, startDesk, testKey, user } from './kit.ts';

const COOKIE = /^rs-console=[A-Za-z0-9]{64}; Path=\/; HttpOnly; SameSite=Strict$/;

describe('with a key', () => {
  test('somebody logs in, is known by the cookie, and is nobody after logging out', async (t) => {
    const key = testKey('support', ['revoke', 'read'], ['shop', 'blog']);
    const desk = await startDesk(t, [key]);
    const anna = desk.visitor();
    assert.deepEqual((await anna.get('/console/login')).json.ways, ['key']);
    assert.deepEqual(outcome(await anna.get('/console/me')), [401, 'unauthorized']);

    const { json, headers } = await anna.login({ key: key.key });
    assert.match(headers['set-cookie']![0]!, COOKIE);
    const { expiresAt, absoluteExpiresAt, ...rest } = json;
    const expected = {
      name: 'support',
      way: 'key',
      scopes: ['revoke', 'read'],
      apps: ['blog', 'shop'],
      idleTimeout: 900,
    };
    assert.deepEqual(rest, expected);
    assert.ok(Math.abs(Date.parse(absoluteExpiresAt) - Date.parse(expiresAt) - (8 * 60 - 15) * 60_000) < 1000);
    assert.equal((await anna.get('/console/me')).json.name, 'support');
    assert.equal((await anna.v1('GET', '/apps')).status, 200);

    const kept = anna.cookie;
    const out = await anna.post('/console/logout');
    assert.equal(out.status, 204);
    assert.equal(out.headers['set-cookie']![0], 'rs-console=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict');
    assert.equal(anna.cookie, '');
    anna.cookie = kept;
    assert.deepEqual(
      outcome(await anna.get('/console/me')),
      [401, 'unauthorized'],
      'the cookie of before is worth nothing',
    );
    assert.deepEqual(outcome(await anna.v1('GET', '/apps')), [401, 'unauthorized']);
    assert.equal((await anna.post('/console/logout')).status, 204, 'again is as good as once');
  });

  test('each login is a session of its own, and ends the one that the browser had before', async (t) => {
    const key = testKey('support', ['read']);
    const desk = await startDesk(t, [key]);
    const anna = desk.visitor();
    await anna.login({ key: key.key });
    const first = anna.cookie;
    await anna.login({ key: key.key });
    assert.notEqual(anna.cookie, first);
    assert.equal((await anna.get('/console/me')).status, 200);
    anna.cookie = first;
    assert.equal((await anna.get('/console/me')).status, 401);
  });

  test('logout everywhere ends all sessions of the name and of nobody else', async (t) => {
    const [support, other] = [testKey('support', ['read']), testKey('other', ['read'])];
    const desk = await startDesk(t, [support, other], { RS_CONSOLE_USERS: user('support') });
    const [office, home, ben, byPassword] = [desk.visitor(), desk.visitor(), desk.visitor(), desk.visitor()];
    for (const browser of [office, home]) await browser.login({ key: support.key });
    await ben.login({ key: other.key });
    await byPassword.login({ name: 'support', password: PASSWORD });
    const { json } = await office.post('/console/logout-everywhere');
    assert.deepEqual(json, { ended: 2 });
    assert.equal(office.cookie, '');
    assert.equal((await home.get('/console/me')).status, 401);
    assert.equal((await ben.get('/console/me')).status, 200);
    assert.equal((await byPassword.get('/console/me')).status, 200, 'a user is somebody else than a key of that name');
  });

  test('a key that is wrong, expired or not there begins nothing, and all three are one answer', async (t) => {
    const expired = testKey('old', ['read'], '*', '2020-01-01T00:00:00Z');
    const desk = await startDesk(t, [testKey('support', ['read']), expired]);
    const anna = desk.visitor();
    const texts = new Set<string>();
    for (const key of [newKey(), expired.key, 'x', newKey().slice(0, -1)]) {
      const answer = await anna.post('/console/login', { key });
      assert.deepEqual(outcome(answer), [401, 'unauthorized']);
      assert.equal(answer.headers['set-cookie'], undefined);
      texts.add(answer.json.detail);
    }
    assert.equal(texts.size, 1);
    assert.deepEqual(outcome(await anna.post('/console/login', {})), [401, 'unauthorized'], 'the server is not open');
  });

  test('a key that is revoked ends the session with its next request, and for good', async (t) => {
    const [support, other] = [testKey('support', ['read']), testKey('other', ['read'])];
    const desk = await startDesk(t, [support, other]);
    const anna = desk.visitor();
    await anna.login({ key: support.key });
    desk.use([other]);
    await until(async () => (await desk.api(support.key, 'GET', '/v1/apps')).status === 401, 'the key is revoked');
    assert.deepEqual(outcome(await anna.v1('GET', '/apps')), [401, 'unauthorized']);
    desk.use([support, other]);
    await until(async () => (await desk.api(support.key, 'GET', '/v1/apps')).status === 200, 'the key is back');
    assert.deepEqual(outcome(await anna.get('/console/me')), [401, 'unauthorized'], 'the session is not');
  });

  test('another key of the same name is another one, and scopes and apps are those of the key as it is now', async (t) => {
    const before = testKey('support', ['read']);
    const desk = await startDesk(t, [before]);
    const anna = desk.visitor();
    await anna.login({ key: before.key });
    desk.use([{ ...before, entry: { ...before.entry, scopes: ['read', 'admin'], apps: ['shop'] } }]);
    await until(async () => (await anna.get('/console/me')).json.scopes.includes('admin'), 'the key has another scope');
    assert.deepEqual((await anna.get('/console/me')).json.apps, ['shop']);
    assert.equal((await anna.v1('GET', '/apps/blog/sessions')).status, 403);
    desk.use([testKey('support', ['read', 'admin'])]);
    await until(async () => (await anna.get('/console/me')).status === 401, 'the session of the key before has ended');
  });
});

describe('with a name and a password', () => {
  test('somebody logs in, with the scopes and apps of the entry', async (t) => {
    const entries = [user('anna', 'shop', 'read,revoke'), user('ben', '*', 'admin', ':2020-01-01')].join(' ');
    const desk = await startDesk(t, [testKey('support', ['read'])], { RS_CONSOLE_USERS: entries });
    const anna = desk.visitor();
    assert.deepEqual((await anna.get('/console/login')).json.ways, ['key', 'password']);
    const { json } = await anna.login({ name: 'anna', password: PASSWORD });
    assert.deepEqual([json.name, json.way, json.scopes, json.apps], ['anna', 'password', ['read', 'revoke'], ['shop']]);
    const texts = new Set<string>();
    for (const wrong of [
      { name: 'anna', password: `${PASSWORD}.` },
      { name: 'nobody', password: PASSWORD },
      { name: 'ben', password: PASSWORD },
      { name: 'Anna', password: PASSWORD },
    ]) {
      const answer = await desk.visitor().post('/console/login', wrong);
      assert.deepEqual(outcome(answer), [401, 'unauthorized'], wrong.name);
      texts.add(answer.json.detail);
    }
    assert.equal(texts.size, 1, 'nobody learns whether there is such a name');
  });

  test('a user who is taken out, or has another password, is logged in no more, on another server of the store too', async (t) => {
    const RS_STORE = `lmdb:${temporaryFolder(t)}`;
    const keys = [testKey('support', ['read'])];
    const first = await startDesk(t, keys, { RS_STORE, RS_CONSOLE_USERS: `${user('anna')} ${user('ben')}` });
    const [anna, ben] = [first.visitor(), first.visitor()];
    await anna.login({ name: 'anna', password: PASSWORD });
    await ben.login({ name: 'ben', password: PASSWORD });
    const second = await startDesk(t, keys, { RS_STORE, RS_CONSOLE_USERS: user('ben') });
    const there = second.visitor();
    there.cookie = ben.cookie;
    assert.equal((await there.get('/console/me')).status, 200);
    there.cookie = anna.cookie;
    assert.equal((await there.get('/console/me')).status, 401);
    assert.equal((await anna.get('/console/me')).status, 401, 'it has ended for the server that knows her, too');
  });

  test('an entry with a fault keeps the server from starting, and is not quoted', async (t) => {
    for (const entry of ['anna', `anna:${PASSWORD}:*:read`, user('anna', '*', 'reed'), `${user('a')} ${user('a')}`]) {
      await assert.rejects(startDesk(t, null, { RS_CONSOLE_USERS: entry }), (error: Error) => {
        assert.match(error.message, /RS_CONSOLE_USERS: /);
        assert.doesNotMatch(error.message, /correct horse|scrypt:15/);
        return true;
      });
    }
  });
});

describe('without keys', () => {
  test('an open server lets in whoever reaches it, as local, with every scope', async (t) => {
    const desk = await startDesk(t, null);
    const anna = desk.visitor();
    assert.deepEqual((await anna.get('/console/login')).json.ways, ['open']);
    const { json } = await anna.login({});
    assert.deepEqual([json.name, json.way, json.apps], ['local', 'open', '*']);
    assert.deepEqual(json.scopes, ['verify', 'read', 'write', 'revoke', 'admin', 'data']);
    assert.equal((await anna.v1('GET', '/keys')).status, 200);
    assert.equal((await anna.post('/console/login', { key: newKey() })).status, 401);
  });

  test('users alone make a login, and no way past it', async (t) => {
    const desk = await startDesk(t, null, { RS_CONSOLE_USERS: user('anna') });
    const anna = desk.visitor();
    assert.deepEqual((await anna.get('/console/login')).json.ways, ['password']);
    assert.equal((await anna.post('/console/login', {})).status, 401);
    await anna.login({ name: 'anna', password: PASSWORD });
  });

  test('a server that becomes closed lets nobody go on who came while it was open', async (t) => {
    const RS_STORE = `lmdb:${temporaryFolder(t)}`;
    const open = await startDesk(t, null, { RS_STORE });
    const anna = open.visitor();
    await anna.login({});
    const closed = await startDesk(t, [testKey('support', ['read'])], { RS_STORE });
    const there = closed.visitor();
    there.cookie = anna.cookie;
    assert.equal((await there.get('/console/me')).status, 401);
  });
});

test('off, /console is what any unknown path is', async (t) => {
  const desk = await startDesk(t, [testKey('support', ['read'])], { RS_CONSOLE: 'false' });
  const visitor = desk.visitor();
  const unknown = await visitor.get('/unknown/path');
  for (const [method, path] of [
    ['GET', '/console'],
    ['GET', '/console/login'],
    ['POST', '/console/login'],
    ['GET', '/console/assets/index.js'],
    ['GET', '/console/api/v1/apps'],
  ] as const) {
    const { status, text, headers } = await visitor.send(method, path);
    assert.deepEqual(
      [status, text, Object.keys(headers).sort()],
      [404, unknown.text, Object.keys(unknown.headers).sort()],
    );
  }
});

test('an app that is called console keeps its classic routes', async (t) => {
  const key = testKey('app', ['verify', 'read', 'write', 'revoke']);
  const desk = await startDesk(t, [key]);
  const { json } = await desk.api(key.key, 'PUT', '/console/create/joe?ip=127.0.0.1');
  const got = await desk.api(key.key, 'GET', `/console/get/${json.token}`);
  assert.deepEqual([got.status, got.json.id], [200, 'joe']);
  assert.equal((await desk.api(key.key, 'GET', '/console/soid/joe')).json.sessions.length, 1);
});

test('the policy file changes nothing of the console: a limit on sessions, strict apps, events', async (t) => {
  const policy = join(temporaryFolder(t), 'policy.json');
  const rules = { idleTimeout: 60, maxIdleTimeout: 60, maxSessions: 1, events: true, history: { days: 7 } };
  writeFileSync(policy, JSON.stringify({ strictApps: true, defaults: rules, apps: { shop: {} } }));
  const key = testKey('support', ['read', 'admin']);
  const desk = await startDesk(t, [key], { RS_CONFIG: policy, RS_STORE: `lmdb:${temporaryFolder(t)}` });
  const [anna, ben] = [desk.visitor(), desk.visitor()];
  assert.equal((await anna.login({ key: key.key })).json.idleTimeout, 900);
  await ben.login({ key: key.key });
  assert.equal((await anna.get('/console/me')).status, 200);
  const events = await desk.api(key.key, 'GET', '/v1/events');
  assert.deepEqual(events.json.events, []);
});
