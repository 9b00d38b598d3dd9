/** S5: what the pages say of caches is what the server does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { startServer } from '../support/server.ts';

test('S5: only the files of /docs that are the same for everyone may be cached, and the pages say so (kind: sentences about every answer)', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:' });
  const client = new Client(server.url);
  t.after(() => client.close());
  const of = async (path: string) =>
    (await client.send('GET', path, undefined, { Accept: '*/*' })).headers['cache-control'];
  const files = ['/docs/page.js', '/docs/page.css'];
  for (const path of files) assert.match(String(await of(path)), /^public, max-age=\d+$/, path);
  for (const path of [
    '/',
    '/docs',
    '/openapi.json',
    '/schema/config.json',
    '/schema/export.json',
    '/ping',
    '/v1/apps',
    '/shop/soid/u',
    '/nope',
  ]) {
    assert.equal(await of(path), 'no-store', path);
  }
  for (const page of ['SECURITY.md', 'docs/asvs.md']) {
    const text = readFileSync(new URL(`../../../../${page}`, import.meta.url), 'utf8');
    for (const line of text.split('\n').filter((one) => one.includes('no-store'))) assert.match(line, /\/docs/, page);
  }
});
