/** v1: the lock of a session, as applications meet it: through HTTP, with real waiting. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { until } from '../support/until.ts';
import { callerToken, freshApp, problemOf, type Service, type V1 } from './harness.ts';

const MERGE = { 'Content-Type': 'application/merge-patch+json' };

export function locksSection(service: () => Service): void {
  const lock = (app: V1, token: string, body?: unknown, headers = {}) =>
    app.send('POST', '/session/lock', body, { 'Session-Token': token, ...headers });
  const unlock = (app: V1, token: string, name: string) =>
    app.send('DELETE', '/session/lock', undefined, { 'Session-Token': token, 'Session-Lock': name });
  const locked = async (app: V1, token: string, body: object = {}) => {
    const { status, json, text } = await lock(app, token, { lease: 300, ...body });
    assert.equal(status, 200, text);
    return json.lock as string;
  };
  describe('the lock', () => {
    test('gives the session as it is; who comes meanwhile is told to try again', async () => {
      const app = service().app(freshApp());
      const { token, session } = (await app.create({ subject: 'ann', data: { n: 1 } })).json;
      const { status, json } = await lock(app, token, { lease: 60, wait: 0 });
      assert.equal(status, 200);
      assert.match(json.lock, /^[A-Za-z0-9]{32}$/);
      assert.deepEqual(json.session, session);
      const refused = await lock(app, token);
      assert.deepEqual(problemOf(refused), [423, 'session_locked']);
      assert.equal(refused.headers['retry-after'], '1');
      assert.equal((await unlock(app, token, json.lock)).status, 204);
      assert.equal((await unlock(app, token, json.lock)).status, 204, 'once more');
      assert.equal((await lock(app, token)).status, 200);
    });

    test('who waits gets it when it is ended, and sees what was written; a foreign lock ends nothing', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const name = await locked(app, token);
      const waiting = lock(app, token, { lease: 60, wait: 30 });
      assert.equal((await unlock(app, token, 'x'.repeat(32))).status, 204);
      const { status } = await app.patch(token, { set: { n: 1 } }, { 'Session-Lock': name });
      assert.equal(status, 200);
      const last = await app.send('PATCH', '/session?release=true', { set: { n: 2 } }, of(token, name));
      assert.equal(last.status, 200);
      const next = await waiting;
      assert.deepEqual([next.status, next.json.session.data], [200, { n: 2 }]);
      assert.notEqual(next.json.lock, name);
    });

    test('a wait that is over is 423, and leaves nobody in the queue', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const name = await locked(app, token);
      const refused = await lock(app, token, { wait: 0.05 });
      assert.deepEqual(problemOf(refused), [423, 'session_locked']);
      assert.equal(refused.headers['retry-after'], '1');
      await unlock(app, token, name);
      await until(async () => (await lock(app, token, { lease: 0.001 })).status === 200, 'the lock is free');
    });

    test('a lease that is over holds nobody up', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const name = await locked(app, token, { lease: 0.05 });
      const next = await lock(app, token, { wait: 30 });
      assert.equal(next.status, 200);
      const lost = await app.patch(token, { set: { a: 1 } }, { 'Session-Lock': name });
      assert.deepEqual(problemOf(lost), [409, 'lock_lost']);
      assert.deepEqual((await app.get(token)).json.data, {});
    });

    test('every change with a lost lock is 409 and changes nothing; with one that holds, or none, it is made', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      const { json: before } = await app.put(token, { data: { a: 1 } });
      const name = await locked(app, token);
      const changes: [string, string, unknown, object?][] = [
        ['PATCH', '/session', { set: { a: 2 } }],
        ['PATCH', '/session', { subject: 'other' }],
        ['PATCH', '/session', { a: 3 }, MERGE],
        ['PATCH', '/session/data', { a: 7 }, MERGE],
        ['PATCH', '/session/data', { a: 8 }],
        ['PUT', '/session', { data: { a: 4 } }],
        ['PUT', '/session', { idleTimeout: 0 }],
        ['PUT', '/session', { subject: 'other' }],
        ['PUT', '/session/data', { a: 5 }],
        ['POST', '/session/touch', undefined],
        ['POST', '/session/touch', { ip: '192.0.2.7' }],
        ['POST', '/session/rotate', undefined],
        ['POST', '/session/rotate', { subject: 'other' }],
        ['POST', '/session/rotate', { data: { a: 6 } }, { 'Idempotency-Key': `key-${app.name}` }],
        ['DELETE', '/session', undefined],
        ['DELETE', `/sessions/${before.id}`, undefined],
      ];
      for (const [method, path, body, headers] of changes) {
        for (const wrong of ['x'.repeat(32), `${name}x`, '']) {
          const refused = await app.send(method, path, body, { ...of(token, wrong), ...headers });
          assert.deepEqual(problemOf(refused), [409, 'lock_lost'], `${method} ${path} ${JSON.stringify(body)}`);
        }
      }
      assert.deepEqual((await app.get(token)).json, before);
      assert.equal((await app.ofSubject('other')).json.sessions.length, 0);
      const good = changes.filter(
        ([method, path, body]) => method !== 'DELETE' && !path.endsWith('rotate') && !ends(body),
      );
      for (const [method, path, body, headers] of good) {
        const { status, text } = await app.send(method, path, body, { ...of(token, name), ...headers });
        assert.equal(status, 200, `${method} ${path} ${JSON.stringify(body)} ${text}`);
      }
      assert.equal((await app.patch(token, { set: { z: 1 } })).status, 200, 'a lock is advice');
      assert.deepEqual((await app.end(token, { 'Session-Lock': name })).json, { revoked: 1 });
    });

    test('every change can end the lock with it', async () => {
      const app = service().app(freshApp());
      const changes: [string, string, unknown][] = [
        ['PATCH', '/session', { set: { a: 2 } }],
        ['PATCH', '/session', { subject: 'other' }],
        ['PUT', '/session', { data: { a: 4 } }],
        ['PUT', '/session/data', { a: 5 }],
        ['PATCH', '/session/data', { a: 6 }],
        ['POST', '/session/touch', undefined],
        ['POST', '/session/touch', { ip: '192.0.2.7' }],
        ['POST', '/session/rotate', { grace: 60 }],
      ];
      const token = callerToken();
      await app.put(token);
      for (const [method, path, body] of changes) {
        const name = await locked(app, token);
        assert.equal((await app.send(method, `${path}?release=true`, body, of(token, name))).status, 200, path);
        const again = await app.send('PATCH', '/session', { set: { late: 1 } }, of(token, name));
        assert.deepEqual(problemOf(again), [409, 'lock_lost'], `${method} ${path}`);
      }
      assert.equal((await lock(app, token)).status, 200);
      const unbound = await app.send('PATCH', '/session?release=true', { set: { a: 1 } }, { 'Session-Token': token });
      assert.deepEqual(problemOf(unbound), [400, 'invalid_request']);
    });

    test('a token that the caller chose can be locked first, and its session created under the lock', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      const first = await lock(app, token, { lease: 60 });
      assert.deepEqual([first.status, first.json.session], [200, null]);
      assert.deepEqual(problemOf(await lock(app, token)), [423, 'session_locked']);
      assert.deepEqual(problemOf(await app.put(token, { data: {} }, { 'Session-Lock': 'x' })), [409, 'lock_lost']);
      assert.equal((await app.get(token)).status, 404);
      const waiting = lock(app, token, { wait: 30 });
      const created = await app.send('PUT', '/session?release=true', { data: { n: 1 } }, of(token, first.json.lock));
      assert.equal(created.status, 201);
      const next = await waiting;
      assert.deepEqual([next.status, next.json.session.data], [200, { n: 1 }]);
      assert.deepEqual(problemOf(await app.put(token, {}, { 'Session-Lock': first.json.lock })), [409, 'lock_lost']);
      assert.equal((await app.put(token, {}, { 'Session-Lock': next.json.lock })).status, 200);
    });

    test('a PUT that ends the session at once is bound to the lock, too, and ends it if asked to', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      const put = (name: string, query = '') =>
        app.send('PUT', `/session${query}`, { idleTimeout: 0 }, of(token, name));
      assert.deepEqual(problemOf(await put('x')), [409, 'lock_lost'], 'nobody has the lock');
      const name = await locked(app, token);
      assert.deepEqual(problemOf(await put('x')), [409, 'lock_lost']);
      assert.equal((await put(name)).status, 201);
      assert.equal((await lock(app, token)).status, 423, 'it was not ended');
      assert.equal((await put(name, '?release=true')).status, 201);
      const next = await locked(app, token);
      assert.equal((await app.put(token, {}, { 'Session-Lock': next })).status, 201);
      assert.deepEqual(problemOf(await put(name)), [409, 'lock_lost']);
      assert.equal((await put(next, '?release=true')).status, 200);
      assert.equal((await lock(app, token)).status, 200);
    });

    test('the end of the session ends the lock, for its holder and for those who wait', async () => {
      const app = service().app(freshApp());
      const [token, chosen] = [await app.token(), callerToken()];
      await app.put(chosen);
      const name = await locked(app, token);
      await locked(app, chosen);
      const [waiting, waitingToo] = [lock(app, token, { wait: 30 }), lock(app, chosen, { wait: 30 })];
      for (const one of [token, chosen]) assert.equal((await app.end(one)).status, 200);
      assert.deepEqual(problemOf(await waiting), [404, 'session_not_found']);
      const next = await waitingToo;
      assert.deepEqual([next.status, next.json.session], [200, null], 'its token can begin another one');
      assert.equal((await app.patch(token, { set: { a: 1 } }, { 'Session-Lock': name })).status, 404);
    });

    test('a rotation keeps the lock; a login that carries it takes it along, one that does not ends it', async () => {
      const app = service().app(freshApp());
      const token = await app.token({});
      const name = await locked(app, token);
      const { json: rotated } = await app.rotate(token, { grace: 60 });
      for (const one of [token, rotated.token]) assert.equal((await lock(app, one)).status, 423);
      const { json: user } = await app.rotate(rotated.token, { subject: 'ann' }, { 'Session-Lock': name });
      assert.equal((await lock(app, user.token)).status, 423);
      assert.equal((await app.patch(user.token, { set: { a: 1 } }, { 'Session-Lock': name })).status, 200);
      const { json: other } = await app.rotate(user.token, { subject: 'bob' });
      const lost = await app.patch(other.token, { set: { a: 2 } }, { 'Session-Lock': name });
      assert.deepEqual(problemOf(lost), [409, 'lock_lost']);
      assert.equal((await lock(app, other.token)).status, 200);
    });

    test('tokens that open nothing and cannot be chosen, and bad values, are refused as everywhere', async () => {
      const app = service().app(freshApp());
      const other = service().app(freshApp());
      const token = await app.token();
      const foreign = await other.token();
      for (const none of [foreign, `rs00${'a'.repeat(36)}`, 'short', 'a'.repeat(30), 'with space'.repeat(5), '']) {
        assert.deepEqual(problemOf(await lock(app, none)), [404, 'session_not_found'], none);
        assert.equal((await unlock(app, none, 'x')).status, 204, none);
      }
      assert.deepEqual(problemOf(await app.send('POST', '/session/lock')), [400, 'missing_parameter']);
      const nameless = await app.send('DELETE', '/session/lock', undefined, { 'Session-Token': token });
      assert.deepEqual(problemOf(nameless), [400, 'missing_parameter']);
      const wrong = [
        { lease: 301 },
        { lease: 0 },
        { lease: -1 },
        { lease: '5' },
        { wait: 31 },
        { wait: -1 },
        { wait: null },
        { for: 1 },
      ];
      for (const body of wrong) {
        const refused = await lock(app, token, body);
        assert.deepEqual(problemOf(refused), [400, 'invalid_request'], JSON.stringify(body));
        assert.equal(refused.json.errors[0].pointer, `/${Object.keys(body)[0]}`);
      }
      assert.equal((await lock(app, token, { lease: 300, wait: 30 })).status, 200);
      const here = { 'Session-Lock': 'x' };
      const notHere: [string, string, unknown][] = [
        ['POST', '/sessions', {}],
        ['DELETE', `/sessions?confirm=${app.name}`, undefined],
        ['DELETE', '/subjects/ann/sessions', undefined],
        ['POST', '/sessions:verify', { tokens: [token], touch: true }],
      ];
      for (const [method, path, body] of notHere) {
        assert.deepEqual(problemOf(await app.send(method, path, body, here)), [400, 'invalid_request'], path);
      }
      const read = await app.send('GET', '/session?touch=true', undefined, of(token, 'x'));
      assert.equal(read.status, 200, 'a read is bound to no lock');
    });

    test('a client that goes away leaves the queue, and one that half closes is answered at once', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const name = await locked(app, token);
      const body = JSON.stringify({ lease: 300, wait: 30 });
      const request = [
        `POST /v1/apps/${app.name}/session/lock HTTP/1.1`,
        'Host: localhost',
        `Session-Token: ${token}`,
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        '',
        body,
      ].join('\r\n');
      const open = async () => {
        const socket = connect({ port: service().servers[0]!.port, host: '127.0.0.1', allowHalfOpen: true });
        await once(socket, 'connect');
        await new Promise<void>((resolve) => socket.write(request, () => resolve()));
        return socket;
      };
      const [cut, closed, half] = [await open(), await open(), await open()];
      let said = '';
      half.on('data', (chunk) => {
        said += chunk;
      });
      half.end();
      await until(() => said.startsWith('HTTP/1.1 423 '), 'the half closed one is told');
      half.destroy();
      const waiting = lock(app, token, { wait: 30 });
      cut.resetAndDestroy();
      closed.destroy();
      await unlock(app, token, name);
      assert.equal((await waiting).status, 200, 'those before it have gone');
    });

    test('of many who wait each is served, in their order', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const name = await locked(app, token);
      const order: number[] = [];
      const waiting = Array.from({ length: 30 }, async (_, i) => {
        const { status, json, text } = await lock(app, token, { lease: 60, wait: 30 });
        assert.equal(status, 200, text);
        order.push(i);
        assert.equal((await unlock(app, token, json.lock)).status, 204);
      });
      await unlock(app, token, name);
      await Promise.all(waiting);
      assert.equal(new Set(order).size, 30);
    });
  });
}

const of = (token: string, name: string) => ({ 'Session-Token': token, 'Session-Lock': name });

const ends = (body: unknown) => (body as { idleTimeout?: number } | undefined)?.idleTimeout === 0;
