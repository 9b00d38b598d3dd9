/**
 * G12: past its limit the server turns the surplus away at once and keeps its pace. A short form, with bounds that a busy
 * machine can hold; `npm run overload` measures the real one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../support/client.ts';
import { DescribedClient } from '../support/described-client.ts';
import { openLoop } from '../support/open-loop.ts';
import { memoryOf } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

let user = 0;
const create = () => `PUT /shop/create/u${user++ % 5000}?ip=1.1.1.1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;

test('more than it can do at once: the surplus gets 503 with Retry-After, the rest its session', async (t) => {
  const server = await startServer(t, { RS_MAX_CONCURRENT: '4' });
  const { port } = server;
  const client = new DescribedClient(server.url);
  t.after(() => client.close());
  for (let i = 0; i < 20; i++) await client.create('shop', `u${i}`);
  const before = memoryOf(server)!;
  const over = await openLoop({ port, perSecond: 8000, seconds: 2, connections: 1000, next: create });
  const served = over.statuses.get(200) ?? 0;
  const turnedAway = over.statuses.get(503) ?? 0;
  assert.ok(served > 0, `it went on serving: ${served}`);
  assert.ok(turnedAway > 0, `it turned away: ${turnedAway}`);
  assert.deepEqual([over.lost, over.bare, served + turnedAway + over.held], [0, 0, 16_000]);
  assert.ok(memoryOf(server)! - before < 100, 'memory is bounded');

  const token = await client.create('shop', 'after');
  assert.equal((await client.send('GET', `/shop/get/${token}`)).json.id, 'after', 'it is over at once');
  assert.ok(!server.output().includes('a request failed'), 'it is no fault to be logged');
});

test('a v1 request is turned away with problem details, a classic one in the classic form', async (t) => {
  const server = await startServer(t, { RS_MAX_CONCURRENT: '1' });
  const client = new DescribedClient(server.url);
  t.after(() => client.close());
  const create = () => client.send('POST', '/v1/apps/shop/sessions', { subject: 'joe' });
  let refused: Answer[] = [];
  await until(async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, create));
    refused = answers.filter(({ status }) => status === 503);
    return refused.length > 0;
  });
  for (const { json, headers } of refused) {
    assert.deepEqual(
      [json.code, json.status, headers['content-type']],
      ['overloaded', 503, 'application/problem+json'],
    );
  }
});

test('a busy server still says that it lives', async (t) => {
  const server = await startServer(t, { RS_MAX_CONCURRENT: '1' });
  const client = new DescribedClient(server.url);
  t.after(() => client.close());
  let refused: Answer[] = [];
  await until(async () => {
    const creates = Array.from({ length: 50 }, (_, i) => client.send('PUT', `/shop/create/u${i}?ip=1.1.1.1`));
    const [alive, ready] = await Promise.all([client.send('GET', '/livez'), client.send('GET', '/readyz?x')]);
    assert.deepEqual([alive.status, ready.status], [200, 200]);
    refused = (await Promise.all(creates)).filter(({ status }) => status === 503);
    assert.ok(refused.length < 50);
    return refused.length > 0;
  });
  for (const { text, headers } of refused) {
    assert.equal(text, '{"name":"overloaded","message":"the server is busy; nothing was done; try again"}');
    assert.deepEqual([headers['retry-after'], headers.connection], ['1', 'keep-alive']);
  }
});
