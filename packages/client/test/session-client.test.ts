/** The client against a real server: what each method does, and what an application is told when it cannot. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { forAllTests } from '../../server/test/support/redis.ts';
import { type Cleanup, startServer } from '../../server/test/support/server.ts';
import { SessionClient, SessionError, SessionNotFoundError } from '../src/index.ts';
import { counting, startStranger } from './support.ts';

const UNKNOWN = `rs00${'a'.repeat(36)}`;

describe('a session client', () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));
  const clientOf = (app: string) => new SessionClient({ url: server().url, app });

  test('a login lives, changes and ends', async () => {
    const sessions = clientOf('lifecycle');
    const { token, session } = await sessions.create({ subject: 'ann', data: { cart: { book: 1 } } });
    assert.equal(session.subject, 'ann');
    assert.equal((await sessions.get(token, { touch: true })).reads, 2);
    assert.deepEqual((await sessions.patch(token, { set: { theme: 'dark' } })).data, {
      cart: { book: 1 },
      theme: 'dark',
    });
    assert.deepEqual((await sessions.mergePatch(token, { cart: { book: null, pen: 2 } })).data.cart, { pen: 2 });
    assert.deepEqual(await sessions.getFields(token, ['subject', 'data.theme']), {
      subject: 'ann',
      data: { theme: 'dark' },
    });
    assert.deepEqual((await sessions.replaceData(token, { only: 1 })).data, { only: 1 });
    assert.equal((await sessions.touch(token, { ip: '192.168.99.1' })).ip, '192.168.99.1');
    const rotated = await sessions.rotate(token, { grace: 0 });
    await assert.rejects(sessions.get(token), SessionNotFoundError);
    assert.equal(await sessions.revoke(rotated.token), true);
    assert.equal(await sessions.revoke(rotated.token), false);
    assert.equal(await sessions.find(rotated.token), null);
  });

  test('a guest becomes a user in one call, and every device of the user is listed and ended', async () => {
    const sessions = clientOf('devices');
    const guest = await sessions.create({ data: { cart: { lamp: 1 } } });
    const user = await sessions.rotate(guest.token, { subject: 'zoë/1', data: { name: 'Zoë' } });
    assert.deepEqual(user.session.data, { cart: { lamp: 1 }, name: 'Zoë' });
    const phone = await sessions.create({ subject: 'zoë/1', label: 'phone' });
    const { sessions: devices, cursor } = await sessions.listSubject('zoë/1');
    assert.deepEqual([devices.map(({ label }) => label).sort(), cursor], [[null, 'phone'], null]);
    assert.equal((await sessions.getById(phone.session.id)).label, 'phone');
    assert.equal(await sessions.revokeById(phone.session.id), true);
    await sessions.create({ subject: 'zoë/1' });
    assert.equal(await sessions.revokeSubject('zoë/1', { except: user.session.id }), 1);
    assert.equal((await sessions.get(user.token)).subject, 'zoë/1');
  });

  test('pages that lock a session come one after the other, and one that was too slow changes nothing', async () => {
    const sessions = clientOf('locks');
    const { token, session } = await sessions.create({ data: { n: 1 } });
    const first = await sessions.lock(token, { lease: 60 });
    assert.deepEqual(first.session, session);
    await assert.rejects(sessions.lock(token), (error) => {
      assert.ok(error instanceof SessionError);
      assert.deepEqual([error.code, error.status, error.retryable], ['session_locked', 423, true]);
      return error.retryAfter === 1;
    });
    // Longer than the time-out of other calls.
    const next = clientOf('locks').lock(token, { wait: 30 });
    await sessions.patch(token, { set: { n: 2 } }, { lock: first.lock });
    await sessions.patch(token, { set: { n: 3 } }, { lock: first.lock, release: true });
    const { lock, session: seen } = await next;
    assert.deepEqual(seen?.data, { n: 3 });
    await assert.rejects(
      sessions.replaceData(token, { n: 0 }, { lock: first.lock }),
      (error) => error instanceof SessionError && error.code === 'lock_lost' && !error.retryable,
    );
    assert.equal(await sessions.unlock(token, first.lock), undefined, 'a foreign lock ends nothing');
    await sessions.unlock('no token', lock);
    const { token: rotated } = await sessions.rotate(token, {}, { lock, release: true });
    const last = await sessions.lock(rotated);
    assert.equal(await sessions.revoke(rotated, { lock: last.lock }), true);
    await assert.rejects(sessions.lock(rotated), SessionNotFoundError);
    const chosen = 'chosen-by-the-framework-0001';
    const begun = await sessions.lock(chosen);
    assert.equal(begun.session, null);
    assert.deepEqual((await sessions.put(chosen, { data: { a: 1 } }, { lock: begun.lock, release: true })).data, {
      a: 1,
    });
    await sessions.unlock(chosen, begun.lock);
  });

  test('the sessions of an app are counted, walked page by page, and ended', async () => {
    const sessions = clientOf('app-wide');
    for (const subject of ['a', 'b', 'c']) await sessions.create({ subject });
    const subjects: (string | null)[] = [];
    for await (const { subject } of sessions.each({ limit: 2 })) subjects.push(subject);
    assert.deepEqual(subjects.sort(), ['a', 'b', 'c']);
    assert.equal((await sessions.list({ subject: 'b' })).sessions.length, 1);
    assert.deepEqual([await sessions.count(), await sessions.count({ subject: 'b' })], [3, 1]);
    assert.deepEqual(
      [await sessions.count({ activeWithin: 600 }), await sessions.count({ subject: 'nobody' })],
      [3, 0],
    );
    assert.deepEqual(await sessions.activity(600), { subjects: 3, sessions: 3 });
    assert.equal((await sessions.app()).sessions, 3);
    await assert.rejects(sessions.revokeAll('another-app'), { code: 'invalid_request' });
    assert.equal(await sessions.revokeAll('app-wide'), 3);
  });

  test('a write can demand a version, and a framework can save under its own token without reviving one', async () => {
    const sessions = clientOf('versions');
    const { token, session } = await sessions.create();
    const changed = await sessions.patch(token, { set: { seen: 1 } }, { ifVersion: session.version });
    const stale = sessions.patch(token, { set: { seen: 2 } }, { ifVersion: session.version });
    await assert.rejects(stale, { code: 'version_mismatch', status: 412, retryable: false });
    assert.equal(await sessions.getNewer(token, changed.version), null);
    assert.deepEqual((await sessions.getNewer(token, session.version))?.data, { seen: 1 });
    const own = 'chosen-by-a-framework-0123456789';
    await assert.rejects(sessions.put(own, { data: {} }, { ifVersion: 'any' }), { code: 'version_mismatch' });
    await sessions.put(own, { data: { kept: 1 } }, { ifVersion: 'none' });
    await assert.rejects(sessions.put(own, { data: {} }, { ifVersion: 'none' }), { code: 'version_mismatch' });
    await sessions.put(own, { data: { kept: 2 } }, { ifVersion: 'any' });
    assert.deepEqual((await sessions.get(own)).data, { kept: 2 });
  });

  test('the checks of one turn travel in one request, each token once in it', async () => {
    const { fetch, requests } = counting();
    const sessions = new SessionClient({ url: server().url, app: 'verify', fetch });
    const made = await Promise.all(['a', 'b'].map((subject) => sessions.create({ subject })));
    requests.length = 0;
    const tokens = [made[0]!.token, UNKNOWN, made[1]!.token, made[0]!.token];
    const found = await Promise.all(tokens.map((token) => sessions.verify(token)));
    assert.deepEqual(
      found.map((session) => session?.subject ?? null),
      ['a', null, 'b', 'a'],
    );
    assert.deepEqual(
      requests.map(({ path, body }) => [path, body.tokens.length]),
      [['/v1/apps/verify/sessions:verify', 3]],
    );
    const many = Array.from({ length: 501 }, (_, i) => `rs00${String(i).padStart(36, '0')}`);
    await Promise.all([...many.map((token) => sessions.verify(token)), sessions.verify(tokens[0], { touch: true })]);
    assert.deepEqual(
      requests
        .slice(1)
        .map(({ body }) => body.tokens.length)
        .sort(),
      [1, 1, 500],
    );
    assert.equal((await sessions.get(made[0]!.token)).reads, 2);
  });

  test('what was checked twice in one turn are two objects', async () => {
    const sessions = new SessionClient({ url: server().url, app: 'verify' });
    const { token } = await sessions.create({ data: { cart: ['pen'] } });
    const [one, other] = await Promise.all([sessions.verify(token), sessions.verify(token)]);
    (one!.data.cart as string[]).push('lamp');
    assert.deepEqual(other!.data, { cart: ['pen'] });
  });

  test('reads that may be gathered are one request for all of a turn, and a plain read when there is but one', async () => {
    const { fetch, requests } = counting();
    const sessions = new SessionClient({ url: server().url, app: 'gather', fetch });
    const [a, b] = await Promise.all(['a', 'b'].map((subject) => sessions.create({ subject })));
    const sent = () => requests.splice(0).map(({ method, path, body }) => [method, path, body?.tokens?.length]);
    sent();
    assert.equal((await sessions.get(a!.token, { gather: true })).subject, 'a');
    await assert.rejects(sessions.get(UNKNOWN, { gather: true }), SessionNotFoundError);
    assert.deepEqual(sent(), Array(2).fill(['GET', '/v1/apps/gather/session', undefined]));
    const [first, second, none] = await Promise.all([
      sessions.get(a!.token, { gather: true }),
      sessions.get(b!.token, { gather: true }),
      sessions.find(UNKNOWN, { gather: true }),
      sessions.get(a!.token, { gather: true, signal: new AbortController().signal }),
    ]);
    assert.deepEqual(sent().sort(), [
      ['GET', '/v1/apps/gather/session', undefined],
      ['POST', '/v1/apps/gather/sessions:verify', 3],
    ]);
    assert.deepEqual([first, second, none], [await sessions.get(a!.token), await sessions.get(b!.token), null]);
    const many = Array.from({ length: 150 }, (_, i) => `rs00${String(i).padStart(36, '0')}`);
    await Promise.all(many.map((token) => sessions.find(token, { gather: true })));
    assert.deepEqual(
      sent().map(([, , tokens]) => tokens),
      [undefined, undefined, 100, 50],
    );
    // Whether someone is there is said of each by itself.
    await Promise.all([a, b].map((of, i) => sessions.get(of!.token, { gather: true, touch: i === 0 })));
    assert.deepEqual(
      [(await sessions.get(a!.token)).reads, (await sessions.get(b!.token)).reads],
      [first.reads + 1, second.reads],
    );
  });

  /** Somebody who answers calls for many in their way, and knows one session of those that are read alone. */
  async function startProxy(cleanup: Cleanup, answerMany: (response: ServerResponse) => void) {
    const paths: string[] = [];
    const url = await startStranger(cleanup, ({ url: path, headers }, response) => {
      paths.push(path!.split('/').at(-1)!);
      if (path!.endsWith(':verify')) return answerMany(response);
      const code = headers['session-token'] === UNKNOWN ? 'session_not_found' : 'store_unavailable';
      response.writeHead(code === 'session_not_found' ? 404 : 503, { 'Content-Type': 'application/problem+json' });
      response.end(JSON.stringify({ code, detail: '' }));
    });
    const sessions = new SessionClient({ url, app: 'gather' });
    const read = () =>
      Promise.allSettled(
        [UNKNOWN, 'a-token-on-a-node-that-is-away'].map((token) => sessions.find(token, { gather: true })),
      );
    return { paths, read };
  }

  for (const [what, status, type, body] of [
    ['the store is lost', 503, 'application/problem+json', '{"code":"store_unavailable","detail":""}'],
    ['a proxy takes no POST', 405, 'text/html', '<h1>no</h1>'],
    ['a proxy has lost its server', 502, 'text/html', '<h1>no</h1>'],
    ['the answer is cut by half', 200, 'application/json', '{"results":[{"active":false}]}'],
    ['the answer says nothing of them', 200, 'application/json', '{"results":[{},{}]}'],
    ['nobody has a session there', 404, 'application/problem+json', '{"code":"session_not_found","detail":""}'],
  ] as const) {
    test(`of reads that were gathered each gets its own answer when ${what}, and for a while they go alone`, async (t) => {
      const { paths, read } = await startProxy(t, (response) => {
        response.writeHead(status, { 'Content-Type': type });
        response.end(body);
      });
      for (const sent of [
        ['session', 'session', 'sessions:verify'],
        ['session', 'session'],
      ]) {
        const [none, lost] = await read();
        assert.deepEqual(none, { status: 'fulfilled', value: null });
        assert.equal(lost!.status === 'rejected' && lost!.reason.code, 'store_unavailable');
        // A wrong address is looked into, at `/` and `/ping`.
        assert.deepEqual(
          paths
            .splice(0)
            .filter((path) => path.startsWith('session'))
            .sort(),
          sent,
        );
      }
    });
  }

  test('what no token, id or subject can be is answered without a request', async () => {
    const { fetch, requests } = counting();
    const sessions = new SessionClient({ url: server().url, app: 'malformed', fetch });
    const odd = ['', 'a b', 'ä', 'x'.repeat(257), 'a\r\nSession-Id: 1', '\u0000', null, undefined, 7, {}, ['a']] as (
      | string
      | null
    )[];
    for (const token of odd) {
      for (const call of [
        sessions.get(token),
        sessions.touch(token),
        sessions.rotate(token),
        sessions.patch(token, { set: {} }),
      ]) {
        await assert.rejects(call, SessionNotFoundError);
      }
      assert.deepEqual(
        [await sessions.find(token), await sessions.verify(token), await sessions.revoke(token)],
        [null, null, false],
      );
    }
    for (const id of ['', '..', '../apps', 'x']) {
      await assert.rejects(sessions.getById(id), SessionNotFoundError);
      assert.equal(await sessions.revokeById(id), false);
    }
    for (const subject of ['', '.', '..', '\ud800']) {
      await assert.rejects(sessions.revokeSubject(subject), {
        code: 'invalid_request',
        message: /subject must be text/,
      });
      await assert.rejects(sessions.listSubject(subject), SessionError);
      await assert.rejects(sessions.count({ subject }), SessionError);
    }
    assert.equal(requests.length, 0);
  });

  test('a value that the server refuses comes with its place, its rule and its kind', async () => {
    const sessions = clientOf('refused');
    const wrong = sessions.create({ idleTimeout: 'soon' as unknown as number });
    await assert.rejects(wrong, (error: SessionError) => {
      assert.deepEqual([error.code, error.status, error.retryable], ['invalid_request', 400, false]);
      assert.deepEqual(error.faults, [
        { pointer: '/idleTimeout', rule: 'type', message: 'idleTimeout must be a number, not a string' },
      ]);
      return true;
    });
    await assert.rejects(sessions.create({ data: { big: 'x'.repeat(2_000_000) } }), { status: 413, retryable: false });
  });
});
