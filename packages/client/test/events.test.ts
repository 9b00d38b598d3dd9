/** Going through the events of an app: what is told, and what a loss of the connection leaves out (nothing). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../server/test/support/until.ts';
import { AdminClient } from '../src/admin/index.ts';
import { subscribe, waitAfter } from '../src/event-subscription.ts';
import { SessionClient, type SessionEvent } from '../src/index.ts';
import { settingsOf } from '../src/options.ts';
import { ended, event, startEventServer } from './event-server.ts';
import { startStranger } from './support.ts';

const APP = 'shop';
/** By `node:http`, which is the usual one on Node, and by `fetch`. */
const WAYS = { 'node:http': {}, fetch: { fetch: (...args: Parameters<typeof fetch>) => fetch(...args) } };

for (const [way, options] of Object.entries(WAYS)) {
  describe(`the events of a session client by ${way}`, () => {
    test('events come with their positions, those of one type alone where that is asked, and break ends the connection', async (t) => {
      const server = await startEventServer(t);
      const sessions = new SessionClient({ url: server.url, app: APP, ...options });
      const seen: unknown[] = [];
      const reading = (async () => {
        for await (const told of sessions.events({ types: ['session.ended', 'session.created'], subject: 'ann' })) {
          if (told.type === 'session.ended') seen.push([told.position, told.data.reason, told.subject]);
          else seen.push(told);
          if (seen.length === 2) break;
        }
      })();
      const stream = await server.stream(0);
      assert.deepEqual(Object.fromEntries(stream.query), {
        types: 'session.ended,session.created',
        subject: 'ann',
      });
      assert.equal(stream.headers.accept, 'text/event-stream');
      stream.say(': \n\n');
      stream.tell('101-0', ended('one'));
      stream.say('event: news\ndata: {}\n\n');
      stream.say('id: 102-0\nevent: resync\ndata: {"position":"105-0"}\n\n');
      await reading;
      assert.deepEqual(seen, [['101-0', 'revoked', '00one00000000000'], { type: 'resync', position: '105-0' }]);
      await until(() => stream.isClosed);
    });

    test('after a loss the stream goes on behind the last event, also before the first one came', async (t) => {
      const server = await startEventServer(t);
      const sessions = new SessionClient({ url: server.url, app: APP, ...options });
      const lost: unknown[] = [];
      const told = sessions.events({ onLost: (error) => lost.push((error as { code: string }).code) });
      const first = told.next();
      const begun = await server.stream(0);
      begun.say('event: position\nid: 100-0\ndata: {"position":"100-0"}\n\n');
      begun.end();
      const second = await server.stream(1);
      assert.equal(second.query.get('after'), '100-0');
      second.tell('101-0', ended('one'));
      assert.equal(((await first).value as { position: string }).position, '101-0');
      const next = told.next();
      second.say('id: 103-0\n\n');
      second.say(`id: 104-0\ndata: ${JSON.stringify(ended('two'))}`);
      second.end();
      const third = await server.stream(2);
      assert.equal(third.query.get('after'), '103-0');
      third.tell('104-0', ended('two'));
      assert.equal(((await next).value as { position: string }).position, '104-0');
      await told.return();
      assert.deepEqual(lost, ['unreachable', 'unreachable']);
    });

    test('a signal ends it with its reason, while it waits for an event and while it waits for the server', async (t) => {
      const server = await startEventServer(t);
      const sessions = new SessionClient({ url: server.url, app: APP, ...options });
      const leaving = new AbortController();
      const next = sessions.events({ signal: leaving.signal }).next();
      const stream = await server.stream(0);
      leaving.abort(new Error('left'));
      await assert.rejects(next, { message: 'left' });
      await until(() => stream.isClosed);
      const other = new AbortController();
      server.refusals.push((response) => response.destroy());
      const onLost = () => other.abort(new Error('gone'));
      const waiting = sessions.events({ signal: other.signal, onLost }).next();
      await assert.rejects(waiting, { message: 'gone' });
      await assert.rejects(sessions.events({ signal: AbortSignal.abort(new Error('never')) }).next(), {
        message: 'never',
      });
    });

    test('a server that says nothing for too long is taken for lost, and one that is slow to answer, too', async (t) => {
      const server = await startEventServer(t);
      const settings = settingsOf({ url: server.url, app: APP, timeout: 300, ...options });
      const leaving = new AbortController();
      const stream = { after: '7-0', resumes: true, signal: leaving.signal, isBackground: false, silence: 200 };
      server.refusals.push(() => {});
      const told: unknown[] = [];
      for await (const each of subscribe(settings, stream)) {
        told.push(each.type === 'lost' ? (each.error as Error).message.replace(/^http:\S+ /, '') : each.type);
        if (told.length === 3) break;
        if (told.length === 1) void server.stream(0).then((opened) => opened.say(': \n\n'));
      }
      assert.deepEqual(told, ['did not answer within 300 ms', 'heard', 'cannot be reached: nothing came for 0.2 s']);
      await until(() => server.streams[0]!.isClosed);
    });

    test('a key that is not taken ends it, a server that has too much to do does not, and what is no stream is recognised', async (t) => {
      const server = await startEventServer(t);
      const sessions = new SessionClient({ url: server.url, app: APP, key: 'rsk_x', ...options });
      const problem = (status: number, code: string, headers = {}) =>
        server.refusals.push((response) => {
          response.writeHead(status, { 'Content-Type': 'application/problem+json', ...headers });
          response.end(JSON.stringify({ code, detail: 'no' }));
        });
      problem(503, 'overloaded', { 'Retry-After': '1' });
      problem(400, 'invalid_cursor');
      const lost: unknown[] = [];
      const onLost = (error: unknown) => lost.push((error as { code: string }).code);
      await assert.rejects(sessions.events({ after: 'x', onLost }).next(), {
        code: 'invalid_cursor',
        retryable: false,
      });
      assert.deepEqual(lost, ['overloaded']);
      problem(401, 'unauthorized');
      await assert.rejects(sessions.events().next(), { code: 'wrong_key' });
      const stranger = await startStranger(t, (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.end('data: {"hello":1}\n\n');
      });
      const wrong = new SessionClient({ url: stranger, app: APP, ...options });
      await assert.rejects(wrong.events({ after: '1-0' }).next(), { code: 'not_rest_sessions' });
      await assert.rejects(wrong.events().next(), { code: 'not_rest_sessions' });
    });

    test('who reads slowly slows the stream down, and loses nothing', async (t) => {
      const server = await startEventServer(t);
      const sessions = new SessionClient({ url: server.url, app: APP, ...options });
      const told = sessions.events({ after: '0-0' });
      const next = told.next();
      const stream = await server.stream(0);
      const large = event('session.created', '00one00000000000', { userAgent: 'x'.repeat(2000) });
      for (let i = 1; i <= 5000; i++) stream.tell(`${i}-0`, large);
      const positions = [((await next).value as { position: string }).position];
      for (let i = 2; i <= 5000; i++) positions.push(((await told.next()).value as { position: string }).position);
      await told.return();
      assert.deepEqual(
        positions,
        Array.from({ length: 5000 }, (_, i) => `${i + 1}-0`),
      );
    });
  });
}

describe('what is asked of events beside streams', () => {
  test('a page, a history and its end are the calls that the server has, and ends have a reason', async (t) => {
    const asked: unknown[] = [];
    const page = { events: [ended('one') as SessionEvent], next: '5-0' };
    const url = await startStranger(t, (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const history = request.url!.includes('/history');
      const answer = history ? { history: [], erased: 3 } : request.method === 'GET' ? page : { revoked: 1 };
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
    });
    const sessions = new SessionClient({ url, app: APP });
    assert.deepEqual(await sessions.eventsPage(), { ...page, more: false, resync: false });
    await sessions.eventsPage({ after: '1-0', limit: 5, wait: 30, types: ['session.ended'], subject: 'a b' });
    assert.deepEqual(await sessions.history('a/b'), []);
    assert.equal(await sessions.eraseHistory('ann'), 3);
    const reason = 'stolen phone';
    await sessions.revoke('a-token-that-a-test-chose-0123456789', { reason });
    await sessions.revokeById('00one00000000000', { reason });
    await sessions.revokeSubject('ann', { except: '00one00000000000', reason });
    await sessions.revokeAll(APP, { reason });
    assert.deepEqual(asked, [
      'GET /v1/apps/shop/events',
      'GET /v1/apps/shop/events?after=1-0&limit=5&wait=30&subject=a+b&types=session.ended',
      'GET /v1/apps/shop/subjects/a%2Fb/history',
      'DELETE /v1/apps/shop/subjects/ann/history',
      'DELETE /v1/apps/shop/session?reason=stolen+phone',
      'DELETE /v1/apps/shop/sessions/00one00000000000?reason=stolen+phone',
      'DELETE /v1/apps/shop/subjects/ann/sessions?except=00one00000000000&reason=stolen+phone',
      'DELETE /v1/apps/shop/sessions?confirm=shop&reason=stolen+phone',
    ]);
  });

  test('a page says when there are others behind it, also one that is empty: a filter has passed over all that it looked through', async (t) => {
    const url = await startStranger(t, (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"events":[],"next":"5-0","more":true}');
    });
    const page = { events: [], next: '5-0', more: true, resync: false };
    assert.deepEqual(await new SessionClient({ url, app: APP }).eventsPage({ subject: 'ann' }), page);
    const admin = new AdminClient({ url });
    assert.deepEqual([await admin.eventsPage(), await admin.app(APP).eventsPage()], [page, page]);
  });

  test('attempts are further and further apart, at random, and not sooner than the server says', () => {
    assert.deepEqual(
      [0, 1, 2, 10].map((attempt) => waitAfter(attempt, null, 0)),
      [500, 1000, 2000, 30_000],
    );
    assert.deepEqual(
      [0, 10].map((attempt) => waitAfter(attempt, null, 1)),
      [250, 15_000],
    );
    assert.equal(waitAfter(0, 7, 0.5), 7000);
  });
});
