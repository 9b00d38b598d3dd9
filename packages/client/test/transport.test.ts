/** What carries the requests of a client on Node. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { describe, test } from 'node:test';
import { until } from '../../server/test/support/until.ts';
import { SessionClient } from '../src/index.ts';
import { nodeTransport } from '../src/node-transport.ts';
import { canServeMany } from '../src/platform-transport.ts';
import { startStranger } from './support.ts';

const TOKEN = 'a-token-that-a-test-chose-0123456789';
const NOT_FOUND = JSON.stringify({ code: 'session_not_found', detail: 'there is no such session' });
const skip = nodeTransport() === null && 'this Node cannot be asked for its modules';

describe('the transport of a session client', { skip }, () => {
  test('node:http carries the requests, and a fetch that took the place of the global one when there is one', async (t) => {
    const url = await startStranger(t, (_request, response) => {
      response.writeHead(404, { 'Content-Type': 'application/problem+json' }).end(NOT_FOUND);
    });
    const sessions = new SessionClient({ url, app: 'shop' });
    let sent = 0;
    const count = (message: unknown) => {
      if ((message as { request: { host: string } }).request.host === '127.0.0.1') sent++;
    };
    subscribe('http.client.request.start', count);
    t.after(() => unsubscribe('http.client.request.start', count));
    assert.equal(await sessions.find(TOKEN), null);
    assert.equal(sent, 1);
    const { fetch } = globalThis;
    t.after(() => {
      globalThis.fetch = fetch;
    });
    const seen: string[] = [];
    globalThis.fetch = (input, init) => {
      seen.push(new URL(String(input)).pathname);
      return fetch(input, init);
    };
    assert.equal(await sessions.find(TOKEN), null);
    assert.deepEqual([sent, seen], [1, ['/v1/apps/shop/session']]);
  });

  test('text arrives as it was sent, whatever pieces it came in, and headers go out as they are', async (t) => {
    const body = Buffer.from(JSON.stringify({ idleTimeout: 60, data: { name: 'Zoë 🦊' } }));
    const heads: unknown[] = [];
    const url = await startStranger(t, async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const {
        authorization,
        'content-type': type,
        'content-length': length,
        'transfer-encoding': coding,
      } = request.headers;
      heads.push([request.method, authorization, type, length, coding, String(Buffer.concat(chunks))]);
      response.writeHead(200, { 'Content-Type': 'application/json' });
      for (const byte of body) {
        response.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    const sessions = new SessionClient({ url: `${url}/behind/a/proxy`, app: 'shop', key: 'rsk_key' });
    assert.deepEqual((await sessions.patch(TOKEN, { set: { name: 'Zoë' } })).data, { name: 'Zoë 🦊' });
    assert.deepEqual((await sessions.touch(TOKEN)).data, { name: 'Zoë 🦊' });
    const sent = '{"set":{"name":"Zoë"}}';
    assert.deepEqual(heads, [
      ['PATCH', 'Bearer rsk_key', 'application/json', `${Buffer.byteLength(sent)}`, undefined, sent],
      ['POST', 'Bearer rsk_key', undefined, '0', undefined, ''],
    ]);
  });

  test('an answer that is cut off, and a signal that was aborted before, are errors, and no listener stays behind', async (t) => {
    const url = await startStranger(t, (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' });
      response.write('{"idleTimeout":60');
      setImmediate(() => response.destroy());
    });
    const sessions = new SessionClient({ url, app: 'shop' });
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    await assert.rejects(sessions.get(TOKEN, { signal }), { code: 'unreachable', message: /ECONNRESET$/ });
    assert.equal(listeners, 0);
    await assert.rejects(sessions.get(TOKEN, { signal: AbortSignal.abort(new Error('left')) }), { message: 'left' });
  });

  test('a connection that nobody uses is closed here after a while', async (t) => {
    let open = 0;
    const url = await startStranger(t, (request, response) => {
      open++;
      // Without this the server would do it.
      (request.socket as unknown as { server: Server }).server.keepAliveTimeout = 0;
      request.socket.on('close', () => open--);
      response.writeHead(404, { 'Content-Type': 'application/problem+json' }).end(NOT_FOUND);
    });
    await new SessionClient({ url, app: 'shop' }).find(TOKEN);
    assert.equal(open, 1);
    await until(() => open === 0, 'the connection is closed');
  });
});

test('one call serves many requests where there is a libuv, and not on an edge runtime that only names it', () => {
  assert.equal(canServeMany(process.versions), true);
  // As Cloudflare Workers have it with nodejs_compat, and without.
  assert.equal(canServeMany({ ...process.versions, uv: '' }), false);
  assert.equal(canServeMany(undefined), false);
});
