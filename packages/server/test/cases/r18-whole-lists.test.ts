/**
 * R18: the answers of the classic API that have no pages. The server is in this process, so that what it asks of its store and
 * what it holds for a connection can be counted. The list is far larger than what the system takes for a connection.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from '../../src/core/errors.ts';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import type { ListQuery, Page } from '../../src/core/store.ts';
import { createApp } from '../../src/http/app.ts';
import { NodeServer } from '../../src/http/sockets/node-server.ts';
import type { RequestLine } from '../../src/http/sockets/request-log.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { make } from '../conformance/harness.ts';
import { exchange, line } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const SESSIONS = 800;
const DATA = JSON.stringify({ text: 'x'.repeat(50_000) });
/** A page ends with the session that makes it longer than 256 KiB. */
const PER_PAGE = 6;
const PAGES = Math.ceil(SESSIONS / PER_PAGE);
/** Of a page on its way, with what frames it. */
const PAGE_LENGTH = PER_PAGE * (DATA.length + 200);
/** Pages whose text is held until it is clear that the list is long. */
const HELD = 1;

const SOAPP = '/shop/soapp?dt=600';
const SOID = '/shop/soid/joe';

/** A store that counts the pages it is asked for, and may fail at one of them. */
class Counting extends MemoryStore {
  pages = 0;
  failsAt = Number.POSITIVE_INFINITY;

  override async list(app: string, query: ListQuery, now: number): Promise<Page> {
    this.pages++;
    if (this.pages >= this.failsAt)
      throw new ServiceError('store_unavailable', 'the session store did not do its work');
    return super.list(app, query, now);
  }
}

async function serve(
  t: TestContext,
  { sessions = SESSIONS, data = DATA, stalledTimeout = 60_000, maxConcurrent = 10 } = {},
) {
  const store = new Counting();
  const now = Date.now();
  for (let i = 0; i < sessions; i++) {
    const { session, credential } = make({ subject: 'joe', createdAt: now - i, data });
    await store.create(session, credential, null, now - i);
  }
  const faults: unknown[] = [];
  const lines: RequestLine[] = [];
  const sockets: Socket[] = [];
  const app = createApp({
    sessions: new Sessions(store, () => DEFAULT_POLICY),
    clock: Date.now,
    isStopping: () => false,
    onFault: (error) => faults.push(error),
  });
  const { fetch } = app;
  app.fetch = (request, env, ...rest) => {
    sockets.push((env as { incoming: { socket: Socket } }).incoming.socket);
    return fetch(request, env, ...rest);
  };
  const onRequest = (request: RequestLine) => void lines.push(request);
  const server = new NodeServer({ app, onRequest, tls: null, maxConcurrent, stalledTimeout });
  const port = await server.listen('127.0.0.1', 0);
  t.after(() => server.stop());
  return { port, store, faults, lines, sockets };
}

function open(t: TestContext, port: number, request: string): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  t.after(() => socket.destroy());
  socket.pause().write(request);
  return socket;
}

/** Resolves when a connection has stood still: the system takes no more of it. Gives how many pages had been asked for. */
async function stands({ store, sockets }: { store: Counting; sockets: Socket[] }): Promise<number> {
  await until(() => sockets.length > 0 && sockets[0]!.writableLength > 0);
  for (let same = 0, before = -1; same < 20; before = store.pages) {
    same = before === store.pages ? same + 1 : 0;
    await delay(25);
  }
  return store.pages;
}

/** Reads a connection to its end. */
async function drain(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

function idsOf(body: string): number {
  return JSON.parse(body).sessions.length;
}

for (const target of [SOAPP, SOID]) {
  describe(`R18: ${target}`, () => {
    test('who stops reading has the server make no more, and gets the rest when they read on (kind: answers of any length)', async (t) => {
      const served = await serve(t);
      const socket = open(t, served.port, line(`GET ${target} HTTP/1.0`));
      const asked = await stands(served);
      const { bytesWritten, writableLength } = served.sockets[0]!;
      assert.ok(writableLength <= 2 * PAGE_LENGTH, `${writableLength} bytes wait in the server`);
      // All that was asked for is on its way, but for the page that waits for its turn.
      assert.ok(asked <= bytesWritten / (PER_PAGE * DATA.length) + HELD + 1, `${asked} pages, ${bytesWritten} bytes`);
      assert.ok(asked < PAGES / 2, `${asked} of ${PAGES} pages`);
      const text = await drain(socket);
      assert.equal(idsOf(text.slice(text.indexOf('\r\n\r\n'))), SESSIONS);
      assert.equal(served.lines[0]?.status, 200);
    });

    test('who stops reading for good is cut off, and nothing goes on for them (kind: answers of any length)', async (t) => {
      const served = await serve(t, { stalledTimeout: 1500 });
      const socket = open(t, served.port, line(`GET ${target} HTTP/1.1`));
      await until(() => served.lines.length > 0);
      assert.equal(served.lines[0]?.status, 499);
      const { pages } = served.store;
      const text = await drain(socket);
      assert.ok(!text.endsWith('0\r\n\r\n'), 'it ends as if it were whole');
      assert.equal(served.store.pages, pages);
      assert.deepEqual(served.faults, []);
    });

    test('who goes away has the server make no more (kind: answers of any length)', async (t) => {
      const served = await serve(t);
      const socket = open(t, served.port, line(`GET ${target} HTTP/1.1`));
      const asked = await stands(served);
      socket.resetAndDestroy();
      await until(() => served.lines.length > 0);
      assert.equal(served.lines[0]?.status, 499);
      assert.equal(served.store.pages, asked);
    });

    test('those who do not read keep nobody else out, but from lists as long (kind: answers of any length)', async (t) => {
      const served = await serve(t, { maxConcurrent: 2 });
      const socket = open(t, served.port, line(`GET ${target} HTTP/1.1`));
      await stands(served);
      open(t, served.port, line(`GET ${target} HTTP/1.1`));
      const ask = async (path: string) => {
        const { answers } = await exchange(served.port, line(`GET ${path} HTTP/1.0`));
        return answers[0];
      };
      await until(async () => (await ask(target))?.status === 503);
      for (let i = 0; i < 3; i++) assert.equal((await ask('/shop/activity?dt=600'))?.status, 200);
      socket.destroy();
      const another = open(t, served.port, line('GET /ping HTTP/1.1'));
      await until(() => served.lines.some(({ status }) => status === 499));
      another.write(line(`GET ${target} HTTP/1.0`));
      assert.match(await drain(another), /\]\}$/);
    });

    for (const version of ['1.0', '1.1']) {
      test(`a store that fails in the middle breaks the connection off, over HTTP/${version} (kind: a part taken for the whole)`, async (t) => {
        const served = await serve(t);
        served.store.failsAt = 9;
        const text = await drain(open(t, served.port, line(`GET ${target} HTTP/${version}`)));
        assert.match(text, /^HTTP\/1\.1 200 /);
        assert.ok(!text.endsWith('0\r\n\r\n'), 'it ends as if it were whole');
        assert.throws(() => idsOf(text.slice(text.indexOf('{'))));
        await until(() => served.lines.length > 0);
        assert.deepEqual([served.lines[0]?.status, served.lines[0]?.error], [503, 'store_unavailable']);
        assert.equal(served.faults.length, 1);
        // Other connections know nothing of it.
        served.store.failsAt = Number.POSITIVE_INFINITY;
        const { answers } = await exchange(served.port, line('GET /ping HTTP/1.1'));
        assert.equal(answers[0]?.body, 'PONG');
      });
    }

    test('a store that fails before the first byte is an ordinary 503, on a later page too (kind: a part taken for the whole)', async (t) => {
      const served = await serve(t, { sessions: 1001, data: '{}' });
      for (const failsAt of [1, 2]) {
        Object.assign(served.store, { pages: 0, failsAt });
        const answer = (await exchange(served.port, line(`GET ${target} HTTP/1.1`))).answers[0]!;
        assert.deepEqual([answer.status, JSON.parse(answer.body).name], [503, 'storeUnavailable']);
        assert.equal(served.store.pages, failsAt);
      }
    });

    test('HEAD asks for no more than tells whether the list is long, and the connection goes on (kind: answers of any length)', async (t) => {
      const served = await serve(t);
      const both = `${line(`HEAD ${target} HTTP/1.1`)}${line('HEAD /ping HTTP/1.1')}`;
      const { answers } = await exchange(served.port, both, { answers: 2, method: 'HEAD' });
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      );
      assert.equal(answers[0]!.headers.has('content-length'), false);
      assert.equal(answers[0]!.headers.get('content-type'), 'application/json; charset=utf-8');
      assert.equal(served.store.pages, HELD);
    });

    test('a short list has its length, HEAD the same one (kind: answers of any length)', async (t) => {
      const served = await serve(t, { sessions: 4 });
      const get = (await exchange(served.port, line(`GET ${target} HTTP/1.1`))).answers[0]!;
      const head = (await exchange(served.port, line(`HEAD ${target} HTTP/1.1`), { method: 'HEAD' })).answers[0]!;
      assert.equal(idsOf(get.body), 4);
      assert.equal(get.headers.get('content-length'), `${Buffer.byteLength(get.body)}`);
      assert.equal(head.headers.get('content-length'), get.headers.get('content-length'));
      assert.equal(get.headers.has('transfer-encoding'), false);
    });
  });
}
