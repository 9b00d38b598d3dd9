/** `verify` from memory, beside a server that is played by hand: what only the right order of events can show. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../server/test/support/until.ts';
import { type NearCacheOptions, SessionClient } from '../src/index.ts';
import { ended, event, idOf, session, startEventServer } from './event-server.ts';
import { gate } from './support.ts';

const [A, B] = ['a-token-that-a-test-chose-0123456', 'b-token-that-a-test-chose-7890123'];
const MINUTE = 60_000;

type Played = Awaited<ReturnType<typeof startEventServer>>;

/** Gives a client that has heard the stream, and what its server is asked. */
async function near(t: { after(end: () => void): void }, server: Played, nearCache: Partial<NearCacheOptions> = {}) {
  const states: unknown[] = [];
  const onChange = (isHeard: boolean, error: unknown) =>
    states.push(isHeard ? 'heard' : ((error as { code?: string } | null)?.code ?? error));
  const sessions = new SessionClient({
    url: server.url,
    app: 'shop',
    nearCache: { maxStale: MINUTE, onChange, ...nearCache },
  });
  t.after(() => sessions.close());
  const source = async (token: string, touch = false) => (await sessions.verify(token, { touch }))?.staleness?.source;
  return { sessions, states, source };
}

async function heard(t: { after(end: () => void): void }, server: Played, nearCache: Partial<NearCacheOptions> = {}) {
  const all = await near(t, server, nearCache);
  await all.sessions.verify(B);
  const stream = await server.stream(0);
  stream.say(': \n\n');
  await until(() => all.states.includes('heard'));
  server.asked.length = 0;
  return { ...all, stream };
}

describe('the near cache of a session client', () => {
  test('the second answer comes from memory and says how old it is; before the stream is heard each is of the server', async (t) => {
    const server = await startEventServer(t);
    const { sessions, source, states } = await near(t, server);
    assert.deepEqual([await source(A), await source(A)], ['server', 'server']);
    const stream = await server.stream(0);
    assert.deepEqual(Object.fromEntries(stream.query), {
      types: 'session.ended,session.rotated,session.updated,session.suspect',
    });
    assert.equal(await source(A), 'server', 'its headers alone may be of a proxy');
    stream.say(': \n\n');
    await until(() => states.length === 1);
    assert.deepEqual([await source(A), await source(A)], ['server', 'memory']);
    const { staleness, ...known } = (await sessions.verify(A))!;
    assert.deepEqual(known.id, idOf(A));
    assert.equal(staleness!.maxStale, MINUTE);
    assert.ok(staleness!.age > 0 && staleness!.age < MINUTE);
  });

  test('a session is forgotten when it ends, is rotated, is updated or is suspect', async (t) => {
    const server = await startEventServer(t);
    const { source, stream } = await heard(t, server);
    for (const type of ['session.ended', 'session.rotated', 'session.updated', 'session.suspect']) {
      await source(A);
      await source(B);
      assert.deepEqual([await source(A), await source(B)], ['memory', 'memory']);
      server.verify = (tokens) => tokens.map((token) => (token === A ? null : session(token)));
      stream.tell('101-0', event(type, idOf(A), {}));
      await until(async () => (await source(A)) !== 'memory', type);
      assert.deepEqual([await source(A), await source(B)], [undefined, 'memory']);
      server.verify = (tokens) => tokens.map((token) => session(token));
    }
    await source(A);
    stream.tell('105-0', event('session.rotated', idOf('x'), { from: idOf(A) }));
    await until(async () => (await source(A)) === 'server', 'the id before the login');
  });

  test('an answer that is under way when the event comes is given, and not kept', async (t) => {
    const server = await startEventServer(t);
    const { source, stream, sessions } = await heard(t, server);
    const held = gate();
    server.verify = async (tokens) => {
      await held.wait;
      return tokens.map((token) => session(token));
    };
    const asking = sessions.verify(A);
    await until(() => server.asked.length === 1);
    stream.tell('101-0', ended(A));
    // The event has come when one behind it has.
    server.verify = (tokens) => tokens.map((token) => session(token));
    await source(B);
    stream.tell('102-0', ended(B));
    await until(async () => (await source(B)) === 'server');
    held.open();
    assert.equal((await asking)!.staleness!.source, 'server');
    server.verify = (tokens) => tokens.map(() => null);
    assert.equal(await sessions.verify(A), null);
  });

  test('while the stream is lost each answer is of the server, and what was known before is not given again', async (t) => {
    const server = await startEventServer(t);
    const { source, stream, states } = await heard(t, server);
    await source(A);
    assert.equal(await source(A), 'memory');
    server.refusals.push((response) => response.writeHead(503).end());
    stream.cut();
    await until(() => states.length === 2);
    assert.deepEqual([await source(A), await source(A)], ['server', 'server']);
    const next = await server.stream(1);
    assert.equal(next.query.get('after'), null, 'it begins anew');
    assert.equal(await source(A), 'server');
    next.say(': \n\n');
    await until(() => states.length === 3);
    assert.deepEqual([await source(A), await source(A)], ['server', 'memory']);
    assert.deepEqual(states, ['heard', 'unreachable', 'heard']);
  });

  test('a resync forgets all, and memory goes on', async (t) => {
    const server = await startEventServer(t);
    const { source, stream } = await heard(t, server);
    await source(A);
    assert.equal(await source(A), 'memory');
    stream.say('event: resync\ndata: {"position":"9-0"}\n\n');
    await until(async () => (await source(A)) === 'server');
    assert.equal(await source(A), 'memory');
  });

  test('no answer is older than maxStale, though the stream says nothing', async (t) => {
    const server = await startEventServer(t);
    const { sessions, source } = await heard(t, server, { maxStale: 200 });
    await source(A);
    server.verify = (tokens) => tokens.map(() => null);
    let last = await sessions.verify(A);
    while (last !== null) {
      assert.ok(last.staleness!.age <= 200, `${last.staleness!.age}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      last = await sessions.verify(A);
    }
  });

  test('a session is not kept beyond its own end, by the clock of the server alone', async (t) => {
    const server = await startEventServer(t);
    const { source } = await heard(t, server);
    const kept = async (expiresAt: string | null, date: string | undefined) => {
      server.verify = (tokens) => tokens.map((token) => session(token, { expiresAt }));
      server.date = () => date;
      const token = crypto.randomUUID();
      await source(token);
      return (await source(token)) === 'memory';
    };
    const date = 'Thu, 26 Nov 2037 07:18:16 GMT';
    assert.equal(await kept('2037-11-26T08:00:00.000Z', date), true);
    assert.equal(await kept('2037-11-26T07:18:18.000Z', date), false, 'a Date has seconds');
    assert.equal(await kept('2037-11-26T08:00:00.000Z', undefined), false, 'nothing says how late it is');
    assert.equal(await kept(null, undefined), true);
  });

  test('a session that someone uses stays alive: a touch is told to the server again after a tenth of its idle timeout', async (t) => {
    const server = await startEventServer(t);
    const { source } = await heard(t, server);
    await source(A);
    assert.equal(await source(A, true), 'server', 'the one before did not touch');
    assert.equal(await source(A, true), 'memory');
    server.verify = (tokens) => tokens.map((token) => session(token, { idleTimeout: 1 }));
    const touches = () => server.asked.filter(({ touch }) => touch).length;
    await source(B, true);
    await until(async () => {
      await source(B, true);
      return touches() > 4;
    });
  });

  test('what the client itself changes is forgotten at once, also when the server did not answer', async (t) => {
    const server = await startEventServer(t);
    const { sessions, source } = await heard(t, server);
    const changes: Record<string, () => Promise<unknown>> = {
      revoke: () => sessions.revoke(A),
      revokeById: () => sessions.revokeById(idOf(A)),
      revokeSubject: () => sessions.revokeSubject('ann'),
      revokeAll: () => sessions.revokeAll('shop'),
      patch: () => sessions.patch(A, { set: { n: 1 } }),
      touch: () => sessions.touch(A, undefined, { signal: AbortSignal.timeout(1) }).catch(() => {}),
    };
    for (const [name, change] of Object.entries(changes)) {
      await source(A);
      assert.equal(await source(A), 'memory');
      await change();
      assert.equal(await source(A), 'server', name);
    }
  });

  test('that a token opens nothing is never kept, and errors of the server are errors', async (t) => {
    const server = await startEventServer(t);
    const { sessions } = await heard(t, server);
    server.verify = (tokens) => tokens.map(() => null);
    assert.deepEqual([await sessions.verify(A), await sessions.verify(A)], [null, null]);
    assert.equal(server.asked.length, 2);
    assert.equal(await sessions.verify('no token at all'), null);
    server.verify = (tokens) => [...tokens, A].map(() => null);
    await assert.rejects(sessions.verify(A), { code: 'not_rest_sessions' });
  });

  test('a closed client asks the server each time, and its stream ends', async (t) => {
    const server = await startEventServer(t);
    const { sessions, source, stream } = await heard(t, server);
    await source(A);
    sessions.close();
    assert.deepEqual([await source(A), await source(A)], ['server', 'server']);
    await until(() => stream.isClosed);
  });

  test('a key that may not read events is told, and answers go on', async (t) => {
    const server = await startEventServer(t);
    server.refusals.push((response) => {
      response.writeHead(403, { 'Content-Type': 'application/problem+json' });
      response.end(JSON.stringify({ code: 'forbidden', detail: 'no' }));
    });
    const { source, states } = await near(t, server);
    await source(A);
    await until(() => states.length === 1);
    assert.deepEqual([states, await source(A)], [['wrong_key'], 'server']);
  });

  test('options that are wrong are named by the first call', async () => {
    const options = [{}, { maxStale: 0 }, { maxStale: '5' }, { maxStale: 4_000_000 }, { maxStale: 5, maxEntries: 0 }];
    for (const nearCache of options) {
      const sessions = new SessionClient({ url: 'http://127.0.0.1:1', app: 'shop', nearCache: nearCache as never });
      await assert.rejects(sessions.verify(A), { code: 'wrong_near_cache', message: /^nearCache\.max/ });
    }
  });
});
