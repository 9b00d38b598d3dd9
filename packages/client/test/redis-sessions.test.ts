/** What the class of redis-sessions does beside the calls of the library: how it is set up, what it tells, and how it ends. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { forAllTests, freePorts } from '../../server/test/support/redis.ts';
import { startServer } from '../../server/test/support/server.ts';
import { RedisSessions } from '../src/redis-sessions/index.ts';
import { setupOf } from '../src/redis-sessions/options.ts';
import type { Callback, Found, RedisSessionsOptions } from '../src/redis-sessions/shapes.ts';
import { counting, startGate, startStranger } from './support.ts';

const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
const run = promisify(execFile);
const APP = { app: 'shop' };
const ANN = { ...APP, id: 'ann', ip: '127.0.0.1' };
const PATIENT = { timeout: 60_000 };

describe('the class of redis-sessions', () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));
  const sessionsOf = (options: RedisSessionsOptions = {}) =>
    new RedisSessions({ url: server().url, ...PATIENT, ...options });

  test('goes where the environment says, and options come first', () => {
    const env = { SESSIONS_URL: 'http://10.0.0.1:3000', SESSIONS_KEY: 'rs_key', SESSIONS_TIMEOUT: '500' };
    const { settings } = setupOf({ host: 'redis.internal', port: 6379, options: {}, client: {} }, env);
    assert.deepEqual(
      [settings.base, settings.headers.Authorization, settings.timeout],
      ['http://10.0.0.1:3000', 'Bearer rs_key', 500],
    );
    const own = setupOf({ url: 'http://10.0.0.2:3000', key: 'rs_other', timeout: 7 }, env).settings;
    assert.deepEqual(
      [own.base, own.headers.Authorization, own.timeout],
      ['http://10.0.0.2:3000', 'Bearer rs_other', 7],
    );
    for (const nothing of [undefined, null, {}])
      assert.equal(setupOf(nothing, {}).settings.base, 'http://127.0.0.1:3000');
    assert.throws(() => setupOf({}, { SESSIONS_TIMEOUT: 'soon' }), /timeout must be a number of milliseconds/);
  });

  test('refuses a Redis where nobody has said where the server is', () => {
    for (const [name, value] of Object.entries({
      host: 'redis.internal',
      port: 6380,
      options: { url: 'redis://x' },
      client: {},
    })) {
      assert.throws(() => setupOf({ [name]: value }, {}), {
        name: 'SessionConfigurationError',
        code: 'wrong_url',
        message: `${name} is that of a Redis, and sessions are kept by a REST-Sessions server: say where it is, with the option url or in SESSIONS_URL`,
      });
    }
    assert.throws(() => setupOf({ url: 'redis://127.0.0.1:6379' }, {}), /url must begin with http/);
  });

  test('refuses a namespace that the server may not be for', () => {
    const url = 'http://127.0.0.1:3000';
    for (const [namespace, served] of [
      ['rs', undefined],
      ['', undefined],
      ['two', 'two'],
      [undefined, ''],
    ]) {
      setupOf({ url, namespace }, { SESSIONS_NAMESPACE: served });
    }
    for (const [namespace, served] of [
      ['two', undefined],
      ['rs', 'two'],
      [undefined, 'two'],
    ]) {
      assert.throws(() => setupOf({ url, namespace }, { SESSIONS_NAMESPACE: served }), { code: 'wrong_namespace' });
    }
  });

  test('answers with a callback as 2 and 3 do, and with a promise as 4 does', async () => {
    const sessions = sessionsOf();
    const token = 'a'.repeat(64);
    assert.equal(await sessions.get({ ...APP, token }), null);
    assert.equal(await sessions.set({ ...APP, token, d: { a: 1 } }), null);
    assert.deepEqual(await promisify(sessions.get as (o: object, c: Callback<Found>) => void)({ ...APP, token }), {});
    let told: unknown;
    // Before the call returns, and in the same words in both.
    sessions.activity({ ...APP, dt: 9 }, (error) => (told = error));
    assert.deepEqual(
      [(told as Error).name, (told as Error).message],
      ['invalidValue', 'ttl must be a positive integer >= 10'],
    );
    const refused = { name: 'invalidValue', message: 'deltaTime must be a positive integer >= 10' };
    await assert.rejects(sessions.activity({ ...APP, deltaTime: 9 }), refused);
  });

  test('tells of what the server alone refuses in the words of the library', async () => {
    const sessions = sessionsOf();
    const refused = { name: 'invalidFormat', message: 'Invalid id format' };
    for (const id of ['a'.repeat(129), '.', '..', '\ud800']) {
      await assert.rejects(sessions.create({ ...ANN, id }), refused);
      await assert.rejects(sessions.killsoid({ ...APP, id }), refused);
    }
    const { token } = await sessions.create(ANN);
    await assert.rejects(sessions.set({ ...APP, token, d: { a: 'x'.repeat(70_000) } }), {
      name: 'SessionError',
      status: 413,
    });
    await assert.rejects(sessions.create({ ...ANN, app: '_own' }), {
      name: 'invalidFormat',
      message: /^Invalid app format/,
    });
    await assert.rejects(sessions.create({ ...ANN, ttl: 1e12 }), {
      name: 'invalidValue',
      message: /^ttl must be a positive integer >= 10/,
    });
  });

  test('leaves the options as they are, and gives what is its own', async () => {
    const sessions = sessionsOf({ cachetime: 60 });
    const options = Object.freeze({ ...ANN, ttl: 30, d: Object.freeze({ a: 1 }) });
    const { token } = await sessions.create(options);
    await sessions.create(options);
    for (let i = 0; i < 3; i++) {
      const session = (await sessions.get(Object.freeze({ ...APP, token })))!;
      assert.deepEqual(session, { id: 'ann', r: 1, w: 1, ttl: 30, idle: session.idle, ip: '127.0.0.1', d: { a: 1 } });
      session.d!.a = 2;
      session.r = 99;
    }
  });

  test('what a callback throws is the error of the application, in a program that requires the package', async (t) => {
    const program = `
      const RedisSessions = require('rest-sessions-client/redis-sessions');
      const { default: Default, RedisSessions: Named } = RedisSessions;
      const sessions = new RedisSessions();
      process.on('unhandledRejection', () => process.exit(3));
      process.once('uncaughtException', (error) => {
        sessions.get({ app: 'a' }, (refusal) => {
          sessions.ping((_error, pong) => console.log(JSON.stringify(
            [error.message, refusal.message, pong, Default === RedisSessions, Named === RedisSessions],
          )));
        });
      });
      sessions.ping(() => {
        throw new RangeError('of the application');
      });
    `;
    const env = { PATH: process.env.PATH, SESSIONS_URL: server().url, SESSIONS_TIMEOUT: '60000' };
    const { stdout } = await run(process.execPath, ['-e', program], { cwd: PACKAGE, env });
    assert.deepEqual(JSON.parse(stdout), ['of the application', 'Invalid app format', 'PONG', true, true]);
    t.diagnostic('it ends by itself, without quit');
  });

  test('`cachetime` keeps an answer as it was, and never one that was changed or ended elsewhere', async () => {
    const noting = counting();
    const [here, elsewhere] = [sessionsOf({ cachetime: '60' as never, fetch: noting.fetch }), sessionsOf()];
    const { token } = await here.create({ ...ANN, d: { a: 1 } });
    const ask = { ...APP, token };
    for (let i = 0; i < 3; i++) assert.equal((await here.get(ask))!.r, 1);
    assert.equal((await elsewhere.get(ask))!.r, 2, 'a cached read is not counted');
    assert.equal((await here.get(ask))!.r, 1);
    await elsewhere.set({ ...ask, d: { a: 2 } });
    assert.deepEqual((await here.get(ask))!.d, { a: 2 });
    assert.equal((await here.get({ ...ask, _nocache: true }))!.r, 4);
    await elsewhere.kill(ask);
    assert.equal(await here.get(ask), null);
    const looks = noting.requests.filter(({ path }) => path === '/v1/apps/shop/session');
    assert.equal(looks.length, 5);
    for (const { path } of looks) assert.ok(!path.includes(token), 'the token of a look is in no path');
  });

  test('`cachemax` is how many are kept: the one asked for longest ago goes', async () => {
    const sessions = sessionsOf({ cachetime: 60, cachemax: 2 });
    const made: { app: string; token: string }[] = [];
    for (let i = 0; i < 3; i++) made.push({ ...APP, token: (await sessions.create(ANN)).token });
    const readsOf = async (i: number) => (await sessions.get(made[i]!))!.r;
    assert.deepEqual([await readsOf(0), await readsOf(1), await readsOf(0), await readsOf(2)], [1, 1, 1, 1]);
    assert.deepEqual([await readsOf(0), await readsOf(1)], [1, 2]);
  });

  test('a thousand calls of one turn take a few connections, and each has its answer', async (t) => {
    const gate = await startGate(t, server().url);
    const sessions = sessionsOf({ url: gate.url });
    const ids = Array.from({ length: 1000 }, (_, i) => `user ${i}`);
    const made = await Promise.all(ids.map((id) => sessions.create({ ...ANN, app: 'many', id })));
    const read = await Promise.all(made.map(({ token }) => sessions.get({ app: 'many', token })));
    assert.deepEqual(
      read.map((session) => session!.id),
      ids,
    );
    assert.ok(gate.opened() <= 40, `${gate.opened()} connections`);
    assert.deepEqual(await sessions.killall({ app: 'many' }), { kill: 1000 });
  });

  test('tells when the server is there, is lost, and is there again', async (t) => {
    const [port] = (await freePorts(1)) as [number];
    const sessions = new RedisSessions({ url: `http://127.0.0.1:${port}`, ...PATIENT });
    t.after(() => sessions.quit());
    await once(sessions, 'disconnect');
    assert.equal(sessions.connected, false);
    await assert.rejects(sessions.ping(), { name: 'SessionServerLostError', code: 'unreachable', retryable: true });
    const there = once(sessions, 'connect');
    const first = await startServer(t, { RS_STORE: 'memory:', RS_PORT: String(port) });
    await there;
    assert.equal(sessions.connected, true);
    assert.equal(await sessions.ping(), 'PONG');
    await first.end();
    const lost = once(sessions, 'disconnect');
    await assert.rejects(sessions.ping(), { code: 'unreachable' });
    await lost;
    assert.equal(sessions.connected, false);
  });

  test('takes nothing that others answer for "there is no session"', async (t) => {
    const answers = ['{}', '{"id":"ann"}', 'PONG', '<html>', ''];
    for (const text of answers) {
      for (const status of [200, 404]) {
        const url = await startStranger(t, (_request, response) => {
          response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
        });
        const sessions = new RedisSessions({ url, ...PATIENT });
        const wrong = { name: 'SessionConfigurationError' };
        await assert.rejects(sessions.get({ ...APP, token: 'a'.repeat(64) }), wrong, `${status} ${text}`);
        await assert.rejects(sessions.ping(), wrong);
        await sessions.quit();
      }
    }
  });

  test('an empty answer is no token, no count and no list', async (t) => {
    const url = await startStranger(t, (request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(request.url === '/' ? '{"name":"REST-Sessions","version":"3"}' : '{}');
    });
    const sessions = new RedisSessions({ url, ...PATIENT });
    t.after(() => sessions.quit());
    const wrong = { name: 'SessionConfigurationError' };
    const token = 'a'.repeat(64);
    await assert.rejects(sessions.create(ANN), wrong);
    await assert.rejects(sessions.kill({ ...APP, token }), wrong);
    await assert.rejects(sessions.soid(ANN), wrong);
    await assert.rejects(sessions.activity({ ...APP, deltaTime: 60 }), wrong);
    assert.equal(await sessions.get({ ...APP, token }), null);
  });

  test('a failing store is an error, and no empty answer', async (t) => {
    const url = await startStranger(t, (request, response) => {
      const home = request.url === '/';
      const body = home
        ? { name: 'REST-Sessions', version: '3' }
        : { name: 'storeUnavailable', message: 'the store is away' };
      response.writeHead(home ? 200 : 503, { 'Content-Type': 'application/json', 'Retry-After': '1' });
      response.end(JSON.stringify(body));
    });
    const sessions = new RedisSessions({ url, ...PATIENT });
    t.after(() => sessions.quit());
    const away = { name: 'SessionError', code: 'store_unavailable', status: 503, retryable: true, retryAfter: 1 };
    for (const call of [sessions.get({ ...APP, token: 'a'.repeat(64) }), sessions.create(ANN), sessions.ping()]) {
      await assert.rejects(call, away);
    }
  });

  test('sends the API key, and shows neither it nor a token', async (t) => {
    const seen: (string | undefined)[] = [];
    const stranger = createServer((request, response) => {
      seen.push(`${request.url === '/'} ${request.headers.authorization}`);
      if (request.url === '/') {
        response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"name":"REST-Sessions","version":"3"}');
        return;
      }
      response.writeHead(401, { 'Content-Type': 'application/json' }).end('{"name":"unauthorized","message":"no key"}');
    }).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    t.after(() => stranger.close());
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const sessions = new RedisSessions({ url, key: 'rs_secret', ...PATIENT });
    t.after(() => sessions.quit());
    await assert.rejects(sessions.get({ ...APP, token: 'a'.repeat(64) }), {
      name: 'SessionConfigurationError',
      code: 'wrong_key',
    });
    assert.deepEqual([...new Set(seen)], ['true undefined', 'false Bearer rs_secret']);
    const cached = sessionsOf({ cachetime: 60, key: 'rs_secret' });
    const { token } = await cached.create(ANN);
    await cached.get({ ...APP, token });
    assert.doesNotMatch(inspect([sessions, cached], { depth: 9, showHidden: true }), new RegExp(`rs_secret|${token}`));
    assert.doesNotMatch(JSON.stringify([sessions, cached]), new RegExp(`rs_secret|${token}`));
  });

  test('has no Redis client, says so, and ends when it is told', async () => {
    const sessions = sessionsOf();
    assert.throws(() => sessions.redis, /there is no Redis client here/);
    assert.equal(await sessions.ping(), 'PONG');
    await sessions.quit();
    await sessions.quit();
    await assert.rejects(sessions.ping(), { name: 'Error', message: 'The client is closed' });
    await assert.rejects(sessions.get({} as never), { message: 'No app supplied' });
    const error = await new Promise<Error | null>((resolve) => sessions.ping(resolve));
    assert.deepEqual([error!.name, (error as { code?: string }).code], ['AbortError', 'NR_CLOSED']);
  });
});
