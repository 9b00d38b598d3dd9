/**
 * G9: drives every route with known tokens, well and badly, with everything logged, and looks for each token in the log,
 * in every answer but the one that created it, and in every key and value of the store.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { Client } from '../support/client.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

test('a token appears in the answer that created it and nowhere else (G9)', async (t) => {
  const path = temporaryFolder(t);
  const server = await startServer(t, { RS_STORE: `lmdb:${path}`, RS_LOGLEVEL: 'trace' });
  const client = new Client(server.url);
  t.after(() => client.close());
  const tokens: string[] = [];
  for (let i = 0; i < 6; i++) tokens.push(await client.create('shop', `u${i}`, { a: i }));
  const foreign = 'Z'.repeat(64);
  const answers: string[] = [];
  const send = async (method: string, target: string, body?: unknown, headers?: Record<string, string>) => {
    const { text, headers: received } = await client.send(method, target, body, headers);
    answers.push(text, JSON.stringify(received));
  };
  for (const token of [...tokens, foreign]) {
    await send('GET', `/shop/get/${token}`);
    await send('GET', `/shop/get/${token}/`);
    await send('GET', `/shop/get/${token}x`);
    await send('GET', `/shop/nope/${token}`);
    await send('GET', `/${token}`);
    await send('POST', `/shop/get/${token}`);
    await send('PUT', `/shop/create/joe?ip=${token}`);
    await send('PUT', `/shop/create/joe?ip=1.1.1.1&ttl=${token}`);
    await send('GET', `/shop/activity?dt=${token}`);
    await send('POST', `/shop/set/${token}`, { b: 2 });
    await send('POST', `/shop/set/${token}`, '{"b":');
    await send('POST', `/shop/set/${token}`, `{"${token}`);
    await send('POST', `/shop/set/${token}`, 'x', { 'Content-Type': `text/${token}`, 'Content-Encoding': token });
    await send('GET', '/shop/soapp?dt=600');
    await send('GET', '/ping', undefined, { Authorization: `Bearer ${token}`, Cookie: `s=${token}` });
  }
  await send('DELETE', `/shop/kill/${tokens[0]}`);
  await send('DELETE', '/shop/killsoid/u1');
  await server.end();
  const store = new LmdbStore({ path, namespace: 'drs', onError: (error) => assert.fail(String(error)) });
  const stored = store
    .dump()
    .map((entry) => JSON.stringify(entry))
    .join('\n');
  await store.close();
  const log = server.output();

  assert.ok(log.includes('"route":"/:app/get/:token"') && log.includes('"status":200'), 'requests were logged');
  const id = tokens[5]!.slice(2, 18);
  assert.ok(log.includes(`"session":"${id}"`), 'by the public id');
  assert.ok(stored.includes(id), 'the store was read');
  for (const token of [...tokens, foreign]) {
    const secret = token === foreign ? token : token.slice(18);
    assert.ok(!log.includes(secret), `in the log: ${log.split('\n').find((line) => line.includes(secret))}`);
    assert.ok(!stored.includes(secret), 'in the store');
    assert.deepEqual(
      answers.filter((text) => text.includes(secret)),
      [],
      'in an answer',
    );
  }
});
