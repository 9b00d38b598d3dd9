/** Who ended a session, and why: from the request into the event, on every route that ends one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { START } from '../../src/core/events.ts';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import type { Principal } from '../../src/core/principal.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { createApp } from '../../src/http/app.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

const SCOPES = new Set(['verify', 'read', 'write', 'revoke', 'admin'] as const);
const SHOP = '/v1/apps/shop';
const WHY = 'stolen phone 📱';

/** An app whose callers are named by the key that they show. */
function openApp({ keys = true } = {}) {
  const store = new MemoryStore({ journal: () => ({ events: true, updates: true, history: null }) });
  const policy = { ...DEFAULT_POLICY, maxSessionsPerSubject: 1 };
  const known = new Map<string, Principal>();
  const authenticate = ({ key }: { readonly key: string | null }) => {
    if (key === null) return null;
    const principal = known.get(key) ?? { name: key, apps: '*', scopes: SCOPES };
    known.set(key, principal);
    return principal;
  };
  const app = createApp({
    sessions: new Sessions(store, () => policy),
    clock: Date.now,
    isStopping: () => false,
    onFault: assert.fail,
    authenticate: keys ? authenticate : null,
  });
  const send = async (method: string, path: string, { key = 'shop-1', token = '', body }: Sent = {}) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = {
      ...(keys && { Authorization: `Bearer ${key}` }),
      ...(token && { 'Session-Token': token }),
      ...(text && { 'Content-Type': 'application/json', 'Content-Length': `${Buffer.byteLength(text)}` }),
    };
    const answer = await app.request(path, { method, headers, ...(text && { body: text }) }, {});
    return { status: answer.status, json: JSON.parse(await answer.text()) };
  };
  let after = START;
  return {
    send,
    create: async (body: object = {}): Promise<{ token: string; session: { id: string } }> =>
      (await send('POST', `${SHOP}/sessions`, { body })).json,
    /** What has been told since the last call. */
    told: async () => {
      const { events, next } = await store.journal.read('shop', after, 100);
      after = next;
      return events.map(({ event: { type, reason, by, note } }) => [type.slice(8), reason, by, note]);
    },
  };
}

interface Sent {
  readonly key?: string;
  readonly token?: string;
  readonly body?: object;
}

interface Fault {
  readonly in?: string;
  readonly parameter?: string;
  readonly pointer?: string;
  readonly message: string;
}

describe('who ended a session, and why', () => {
  const query = `reason=${encodeURIComponent(WHY)}`;

  test('each DELETE takes a reason, and tells it with the name of the key', async () => {
    const { send, create, told } = openApp();
    for (const [reason, path] of [
      ['logout', () => `${SHOP}/session?${query}`],
      ['revoked', (id: string) => `${SHOP}/sessions/${id}?${query}`],
      ['subject', () => `${SHOP}/subjects/ann/sessions?${query}`],
      ['app', () => `${SHOP}/sessions?confirm=shop&${query}`],
    ] as const) {
      const { token, session } = await create({ subject: 'ann' });
      const { status, json } = await send('DELETE', path(session.id), {
        key: 'support',
        ...(reason === 'logout' && { token }),
      });
      assert.deepEqual([status, json.revoked], [200, 1], reason);
      assert.deepEqual((await told())[1], ['ended', reason, 'support', WHY]);
    }
  });

  test('what ends others by a cap takes it in its body, and so does what moves', async () => {
    const { send, create, told } = openApp();
    const body = { subject: 'ann', reason: WHY };
    const capped = ['ended', 'cap', 'shop-1', WHY];
    await create(body);
    await create(body);
    assert.deepEqual(await told(), [
      ['created', undefined, undefined, undefined],
      capped,
      ['created', undefined, undefined, undefined],
    ]);
    const chosen = 'chosen-by-the-caller-01';
    assert.equal((await send('PUT', `${SHOP}/session`, { token: chosen, body })).status, 201);
    assert.deepEqual((await told())[0], capped);
    for (const [method, path] of [
      ['POST', `${SHOP}/session/rotate`],
      ['PATCH', `${SHOP}/session`],
    ] as const) {
      const guest = await create();
      await told();
      assert.equal((await send(method, path, { token: guest.token, body })).status, 200);
      const ends = (await told()).filter(([type]) => type === 'ended');
      assert.deepEqual(ends, [capped, ['ended', 'moved', 'shop-1', WHY]], method);
    }
    const gone = { body: { idleTimeout: 0, reason: WHY }, token: chosen };
    await send('PUT', `${SHOP}/session`, { token: chosen, body: {} });
    await told();
    assert.equal((await send('PUT', `${SHOP}/session`, gone)).status, 200);
    assert.deepEqual(await told(), [['ended', 'logout', 'shop-1', WHY]]);
  });

  test('a change that leaves a session no time to live ends it at once, and tells who and why', async () => {
    const { send, create, told } = openApp();
    for (const [method, path, more] of [
      ['PATCH', 'session', {}],
      ['PATCH', 'session', { subject: 'ann' }],
      ['PUT', 'session', { subject: 'ann' }],
      ['POST', 'session/touch', {}],
    ] as const) {
      const { token } = await create({ subject: 'ann' });
      await told();
      const body = { idleTimeout: 0, reason: WHY, ...more };
      const { status, json } = await send(method, `${SHOP}/${path}`, { token, body });
      assert.deepEqual([status, json.idleTimeout], [200, 0], path);
      assert.deepEqual(await told(), [['ended', 'logout', 'shop-1', WHY]], path);
      const { status: after } = await send('PATCH', `${SHOP}/session`, { token, body: { idleTimeout: 0 } });
      assert.equal(after, 404);
      assert.deepEqual(await told(), []);
    }
  });

  test('without a reason there is the key alone, without keys nobody', async () => {
    for (const keys of [true, false]) {
      const { send, create, told } = openApp({ keys });
      const by = keys ? 'shop-1' : null;
      const { token } = await create({ subject: 'ann' });
      await send('PATCH', `${SHOP}/session`, { token, body: { set: { a: 1 } } });
      const { json } = await send('POST', `${SHOP}/session/rotate`, { token });
      await send('DELETE', `${SHOP}/session`, { token: json.token });
      assert.deepEqual((await told()).slice(1), [
        ['updated', undefined, by, undefined],
        ['rotated', undefined, by, undefined],
        ['ended', 'logout', by, null],
      ]);
    }
  });

  test('the classic routes tell the key, and take no reason', async () => {
    const { send, told } = openApp();
    const create = async () => (await send('PUT', '/shop/create/ann?ip=192.0.2.1')).json.token;
    await send('DELETE', `/shop/kill/${await create()}?${query}`, { key: 'legacy' });
    await create();
    await send('DELETE', `/shop/killsoid/ann?${query}`, { key: 'legacy' });
    await create();
    await send('DELETE', `/shop/killall?${query}`, { key: 'legacy' });
    const ends = (await told()).filter(([type]) => type === 'ended');
    assert.deepEqual(
      ends,
      ['logout', 'subject', 'app'].map((reason) => ['ended', reason, 'legacy', null]),
    );
  });

  test('a reason that is empty, too long, or no line of text is refused with its place and its rule', async () => {
    const { send, create, told } = openApp();
    const { token, session } = await create({ subject: 'ann' });
    await told();
    const rule = 'reason must be 1 to 200 characters without control characters and line breaks';
    const bad = ['', 'x'.repeat(201), 'a\nb', 'a\u2028b', 'a\u0000b'];
    for (const reason of bad) {
      const asked = `reason=${encodeURIComponent(reason)}`;
      for (const path of [
        `session?${asked}`,
        `sessions/${session.id}?${asked}`,
        `subjects/ann/sessions?${asked}`,
        `sessions?confirm=shop&${asked}`,
      ]) {
        const { status, json } = await send('DELETE', `${SHOP}/${path}`, { token });
        assert.equal(status, 400, path);
        const places = json.errors.map((fault: Fault) => [fault.in, fault.parameter, fault.message]);
        assert.deepEqual(places, [['query', 'reason', rule]], path);
      }
    }
    for (const reason of [...bad, 7, null]) {
      for (const [method, path] of [
        ['POST', 'sessions'],
        ['PUT', 'session'],
        ['PATCH', 'session'],
        ['POST', 'session/rotate'],
      ] as const) {
        const { status, json } = await send(method, `${SHOP}/${path}`, { token, body: { subject: 'bob', reason } });
        assert.equal(status, 400, `${method} ${path} ${reason}`);
        assert.deepEqual(
          json.errors.map((fault: Fault) => fault.pointer),
          ['/reason'],
        );
      }
    }
    assert.deepEqual(await told(), []);
  });

  test('two hundred characters are two hundred, whatever their script', async () => {
    const { send, create, told } = openApp();
    const { token } = await create();
    await send('DELETE', `${SHOP}/session?reason=${encodeURIComponent('📱'.repeat(200))}`, { token });
    assert.equal((await told())[1]?.[3], '📱'.repeat(200));
  });

  test('a PATCH with a reason alone asks for nothing, and is told so', async () => {
    const { send, create } = openApp();
    const { token } = await create();
    const { status, json } = await send('PATCH', `${SHOP}/session`, { token, body: { reason: WHY } });
    assert.equal(status, 400);
    assert.equal(json.errors[0].rule, 'required');
    assert.doesNotMatch(json.errors[0].message, /reason/);
  });

  test('a token or an API key in a reason is told to nobody', async () => {
    const { send, create, told } = openApp();
    const { token, session } = await create();
    const { status } = await send('DELETE', `${SHOP}/sessions/${session.id}?reason=was%20${token}`);
    assert.equal(status, 200);
    assert.deepEqual((await told())[1], ['ended', 'revoked', 'shop-1', 'was [secret]']);
  });
});
