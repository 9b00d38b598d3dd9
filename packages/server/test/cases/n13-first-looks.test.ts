/** N13: where an operator looks first who knows nothing of this server yet. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Client } from '../support/client.ts';
import { startServer } from '../support/server.ts';

const open = await startServer({ after }, { RS_STORE: 'memory:' });
const keyed = await startServer({ after }, { RS_STORE: 'memory:', RS_API_KEYS: `web:${hashKey(newKey())}:*:read` });
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

for (const [kind, { url }] of [
  ['without keys', open],
  ['with keys', keyed],
] as const) {
  describe(`N13: ${kind}`, () => {
    const client = new Client(url);
    after(() => client.close());
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

    test('N13: / leads a browser, and who asks for anything, to the page of the API, which is there', async () => {
      for (const headers of [
        { Accept: browser },
        { Accept: '*/*' },
        { Accept: 'text/html, application/json' },
      ] as Record<string, string>[]) {
        for (const path of ['/', '/?utm_source=x']) {
          const { status, headers: got, json } = await client.send('GET', path, undefined, headers);
          assert.deepEqual([status, got.location, got.vary, json.docs], [302, '/docs', 'Accept', '/docs']);
        }
      }
      const { status, text } = await client.send('GET', '/docs');
      assert.deepEqual([status, text.startsWith('<!doctype html>')], [200, true]);
    });

    test('N13: / is JSON for clients that ask for it, and every path in it is there', async () => {
      for (const Accept of ['application/json', 'application/json, text/plain, */*', 'application/problem+json']) {
        const { status, json, headers } = await client.send('GET', '/', undefined, { Accept });
        assert.deepEqual([status, headers['content-type']], [200, 'application/json; charset=utf-8']);
        const { name, version: said, ...paths } = json;
        assert.deepEqual([name, said], ['REST-Sessions', version]);
        for (const path of Object.values<string>(paths))
          assert.equal((await client.send('GET', path)).status, 200, path);
      }
    });

    test('N13: / is 404 as in 2.x for clients that say nothing of what they take, and names /docs (kind: probes of classic clients)', async () => {
      const { status, json } = await client.send('GET', '/');
      assert.deepEqual([status, json.name], [404, 'routeNotFound']);
      assert.match(json.message, /\/docs/);
    });

    test('N13: HEAD / is as GET without its body; other methods are 405', async () => {
      const any = { Accept: '*/*' };
      const head = await client.send('HEAD', '/', undefined, any);
      const get = await client.send('GET', '/', undefined, any);
      assert.deepEqual([head.status, head.text], [302, '']);
      assert.equal(head.headers['content-length'], String(get.text.length));
      const { status, headers } = await client.send('POST', '/');
      assert.deepEqual([status, headers.allow], [405, 'GET, HEAD']);
    });

    test('N13: /health and /healthz are /readyz by other names (kind: the usual paths)', async () => {
      for (const path of ['/health', '/healthz', '/health/', '/readyz']) {
        const { status, text } = await client.send('GET', path);
        assert.deepEqual([status, text], [200, '{"status":"ok"}'], path);
        assert.equal((await client.send('HEAD', path)).status, 200);
      }
    });

    test('N13: /metrics is there: for everyone without keys, for the scope admin with keys', async () => {
      const { status, text, headers } = await client.send('GET', '/metrics');
      assert.equal(status, kind === 'without keys' ? 200 : 401);
      if (status !== 200) return;
      assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
      assert.match(text, /^restsessions_store_up 1$/m);
    });
  });
}
